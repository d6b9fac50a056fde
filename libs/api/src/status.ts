import { planSchema } from '@layerline/plan';
import { capabilities, stageTelemetry } from '@layerline/protocol';
import * as z from 'zod';
import { eventIdText } from './event-id.js';
import { layerGoodness } from './reports.js';
import { runEnd, stageProcess } from './result.js';

const count = z.number().int().nonnegative();

/**
 * - `waiting`: for nodes that could carry it
 * - `starting`: its stages come up and link
 * - `running`: frames flow
 * - `paused`: an operator holds it still
 * - `recovering`: a life has failed, and the next one is about to begin
 * - `ended`
 */
export const runState = z.enum(['waiting', 'starting', 'running', 'paused', 'recovering', 'ended']);
export type RunState = z.infer<typeof runState>;

/** The newest reading of a stage, and one from some seconds before it, between which a reader works out rates. */
export const telemetrySpan = z.strictObject({ before: stageTelemetry.nullable(), now: stageTelemetry });
export type TelemetrySpan = z.infer<typeof telemetrySpan>;

/** Where a run stands. */
export const runStatus = z.strictObject({
  id: z.string(),
  state: runState,
  /** How it has ended; null while it is under way. */
  end: runEnd.nullable(),
  /** Width of each layer. */
  units: z.array(count),
  epochs: count,
  /** Training images of the whole run. */
  imagesInAll: count,
  engine: z.string(),
  /** What decides its bits; null until that is known. */
  numerics: z.string().nullable(),
  exact: z.boolean(),
  incarnation: z.number().int(),
  generation: z.number().int(),
  restarts: count,
  /** Of the epoch under way, and of the whole run so far. */
  epoch: count,
  images: count,
  trainSeconds: z.number(),
  layers: z.array(layerGoodness.nullable()),
  /** Of the last evaluation. */
  testError: z.number().nullable(),
  /** The node of each stage in the present life. */
  placement: z.record(z.string(), z.string()),
  processes: z.array(stageProcess),
  telemetry: z.record(z.string(), telemetrySpan),
  /** The stage that holds up the others, which has had the least to wait for; null where none is running. */
  bottleneck: z.string().nullable(),
  /** The newest last. */
  notices: z.array(z.strictObject({ at: z.string(), sentence: z.string() })),
});
export type RunStatus = z.infer<typeof runStatus>;

/** What a stream of events begins with: where the run stands at an event, which those that follow come after. */
export const runHead = z.strictObject({
  type: z.literal('run'),
  /** Of the last event before. */
  id: eventIdText,
  status: runStatus,
  plan: planSchema,
});
export type RunHead = z.infer<typeof runHead>;

/** A node that has joined. */
export const nodeStatus = capabilities.extend({
  name: z.string(),
  version: z.string(),
  /** Stages that it has now. */
  tasks: count,
  draining: z.boolean(),
});
export type NodeStatus = z.infer<typeof nodeStatus>;

/** A run as its folder tells of it. */
export const runSummary = z.strictObject({
  id: z.string(),
  folder: z.string(),
  /**
   * `died`: it says that it is running, but its process is gone; `damaged`: it says nothing that can be read, and `failure` says
   * why.
   */
  state: z.enum(['running', 'completed', 'stopped', 'failed', 'died', 'damaged']),
  startedAt: z.string().nullable(),
  /** Why it failed. */
  failure: z.string().nullable(),
  /** A `TrainResult`, of whichever version has written it. */
  result: z.record(z.string(), z.unknown()).nullable(),
});
export type RunSummary = z.infer<typeof runSummary>;

/** The runs of a coordinator. */
export const runList = z.strictObject({
  /** Those that it has seen through, or sees through, since it was started. */
  runs: z.array(runStatus),
  /** Those in its folder that had ended before, or could not be taken up. */
  earlier: z.array(runSummary),
});
export type RunList = z.infer<typeof runList>;

/** Nodes and runs of a coordinator. */
export const statusReport = runList.extend({ version: z.string(), nodes: z.array(nodeStatus) });
export type StatusReport = z.infer<typeof statusReport>;
