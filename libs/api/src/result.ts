import * as z from 'zod';

const count = z.number().int().nonnegative();
const seconds = z.number().nonnegative();

/** A process of a run: a stage's, or the only one if training runs in a single process. */
export const stageProcess = z.strictObject({
  stage: z.string(),
  role: z.string(),
  /** Name of its node. */
  node: z.string(),
  pid: count,
});
export type StageProcess = z.infer<typeof stageProcess>;

/** A stage and the resources it used. Figures that need a process per stage are null for training in a single process. */
export const stageSummary = stageProcess.extend({
  peakMemoryBytes: count.nullable(),
  /** How it spent its time since frames began to flow. */
  seconds: z
    .strictObject({
      busy: seconds,
      waitingForInput: seconds,
      waitingForCredit: seconds,
      /** Spent by its event loop on encoding, sending, receiving and decoding frames; overlaps with the others. */
      serializing: seconds,
    })
    .nullable(),
  /** Processor time of its process over the same time, user and system, of all threads. */
  cpuSeconds: seconds.nullable(),
  /** Frames that it sent on, including barriers, and their bytes. */
  framesSent: count.nullable(),
  bytesSent: count.nullable(),
});
export type StageSummary = z.infer<typeof stageSummary>;

/** What `layerline train --json` ends with. Errors and accuracy are fractions; times are in seconds. */
export const trainResult = z.strictObject({
  run: z.string(),
  folder: z.string(),
  outcome: z.enum(['completed', 'stopped']),
  /** Of the last evaluation; null if the run was stopped before its first. */
  testAccuracy: z.number().nullable(),
  testError: z.number().nullable(),
  /** Of the rows that are held out; null where none are, and in results of versions that held out none. */
  validationError: z.number().nullable().default(null),
  /** Individual entries are null for layers that a node's own program stands in for. */
  perLayerError: z.array(z.number().nullable()).nullable(),
  /** Completed epochs. */
  epochs: count,
  /** Training images seen. */
  images: count,
  /** From the feeder's first training frame to the evaluator's last, minus evaluation. */
  trainSeconds: z.number(),
  evalSeconds: z.number(),
  imagesPerSecond: z.number(),
  engine: z.string(),
  /** What determined the bits: engine, version, backend, and a hash of what they make of a probe. */
  numerics: z.string(),
  /** False if the run went on with numerics other than those it began with. */
  exact: z.boolean(),
  /** How often it has gone back to a snapshot, or to its beginning, in this process. */
  restarts: count,
  dataset: z.string(),
  stages: z.array(stageSummary),
  weightsSha256: z.string(),
});
export type TrainResult = z.infer<typeof trainResult>;

/** How a run ended: with a result, or with what went wrong. */
export const runEnd = z.union([
  z.strictObject({ result: trainResult }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);
export type RunEnd = z.infer<typeof runEnd>;
