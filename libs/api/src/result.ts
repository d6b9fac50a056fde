import * as z from 'zod';

const count = z.number().int().nonnegative();
const seconds = z.number().nonnegative();

/** A process of a run: a stage's, or the only one of a training in one process. */
export const stageProcess = z.strictObject({
  stage: z.string(),
  role: z.string(),
  /** Name of its node. */
  node: z.string(),
  pid: count,
});
export type StageProcess = z.infer<typeof stageProcess>;

/** A stage with what it has taken. What only a process of its own can tell is null for training in one process. */
export const stageSummary = stageProcess.extend({
  peakMemoryBytes: count.nullable(),
  /** How it has spent its time since frames began to flow. */
  seconds: z
    .strictObject({
      busy: seconds,
      waitingForInput: seconds,
      waitingForCredit: seconds,
      /** Of its event loop, in encoding, sending, receiving and decoding frames; overlaps with the others. */
      serializing: seconds,
    })
    .nullable(),
  /** Processor time of its process over the same time, user and system, of all threads. */
  cpuSeconds: seconds.nullable(),
  /** Frames that it has sent on, barriers among them, and their bytes. */
  framesSent: count.nullable(),
  bytesSent: count.nullable(),
});
export type StageSummary = z.infer<typeof stageSummary>;

/** What `layerline train --json` ends with. Errors and accuracy are fractions; times are in seconds. */
export const trainResult = z.strictObject({
  run: z.string(),
  folder: z.string(),
  outcome: z.enum(['completed', 'stopped']),
  /** Of the last evaluation; null where a run was stopped before its first. */
  testAccuracy: z.number().nullable(),
  testError: z.number().nullable(),
  /** Null too at the place of a layer that a node's own program stands in for. */
  perLayerError: z.array(z.number().nullable()).nullable(),
  /** Whole epochs. */
  epochs: count,
  /** Training images seen. */
  images: count,
  /** From the feeder's first training frame to the evaluator's last, less evaluation. */
  trainSeconds: z.number(),
  evalSeconds: z.number(),
  imagesPerSecond: z.number(),
  engine: z.string(),
  /** What decided the bits: engine, version, backend, and a hash of what they make of a probe. */
  numerics: z.string(),
  /** False where the run went on with other numerics than it began with. */
  exact: z.boolean(),
  /** How often it has gone back to a snapshot, or to its beginning, in this process. */
  restarts: count,
  dataset: z.string(),
  stages: z.array(stageSummary),
  weightsSha256: z.string(),
});
export type TrainResult = z.infer<typeof trainResult>;

/** How a run has ended: with a result, or with what has gone wrong. */
export const runEnd = z.union([
  z.strictObject({ result: trainResult }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);
export type RunEnd = z.infer<typeof runEnd>;
