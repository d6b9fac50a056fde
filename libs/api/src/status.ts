import { planSchema } from '@layerline/plan';
import { capabilities, stageTelemetry } from '@layerline/protocol';
import * as z from 'zod';
import { eventIdText } from './event-id.js';
import { operation, topology } from './operation.js';
import { layerGoodness, trainingPosition } from './reports.js';
import { runEnd, stageProcess } from './result.js';

const count = z.number().int().nonnegative();

/**
 * - `waiting`: for nodes that could carry it
 * - `starting`: its stages are coming up and linking
 * - `running`: frames flow
 * - `paused`: by an operator
 * - `reshaping`: its stages are being changed, or moved to other nodes, and training goes on when that is done
 * - `recovering`: a life has failed, and the next one is about to begin
 * - `ended`
 */
export const runState = z.enum(['waiting', 'starting', 'running', 'paused', 'reshaping', 'recovering', 'ended']);
export type RunState = z.infer<typeof runState>;

/** The newest reading of a stage, and one from some seconds earlier, for a reader to work out rates between. */
export const telemetrySpan = z.strictObject({
  before: stageTelemetry.nullable(),
  now: stageTelemetry,
  /** How long ago the newest came, in milliseconds. */
  age: z.number().nonnegative(),
});
export type TelemetrySpan = z.infer<typeof telemetrySpan>;

/** Something that a person should know, such as a failure being recovered from, or a wait for nodes. */
export const notice = z.strictObject({
  at: z.string(),
  sentence: z.string(),
  /** Those whose failure it tells of; left out where it is about none in particular. */
  stages: z.array(z.string()).optional(),
  /** The state in which it is true, and no longer than that; left out where it stays true. */
  during: runState.optional(),
});
export type Notice = z.infer<typeof notice>;

/** Where a run stands. */
export const runStatus = z.strictObject({
  id: z.string(),
  state: runState,
  /** How it ended; null while it is under way. */
  end: runEnd.nullable(),
  /** Width of each layer. */
  units: z.array(count),
  epochs: count,
  /** Training images of the whole run. */
  imagesInAll: count,
  engine: z.string(),
  /** What determines its bits; null until known. */
  numerics: z.string().nullable(),
  exact: z.boolean(),
  incarnation: z.number().int(),
  generation: z.number().int(),
  restarts: count,
  topology,
  /** The change of its stages that is under way, or was the last. */
  operation: operation.nullable(),
  ...trainingPosition,
  layers: z.array(layerGoodness.nullable()),
  /** Of the last evaluation. */
  testError: z.number().nullable(),
  /** The node of each stage in the current life. */
  placement: z.record(z.string(), z.string()),
  processes: z.array(stageProcess),
  telemetry: z.record(z.string(), telemetrySpan),
  /** The stage that holds up the others, being the busiest; null unless frames flow, and if none has reported lately. */
  bottleneck: z.string().nullable(),
  /** Newest last. */
  notices: z.array(notice),
});
export type RunStatus = z.infer<typeof runStatus>;

/** What a stream of events begins with: where the run stands, as of the event with this id. */
export const runHead = z.strictObject({
  type: z.literal('run'),
  /** Of the last event before those that follow. */
  id: eventIdText,
  status: runStatus,
  plan: planSchema,
});
export type RunHead = z.infer<typeof runHead>;

/** A node that has joined. */
export const nodeStatus = capabilities.extend({
  name: z.string(),
  version: z.string(),
  /** How many stages it has now. */
  tasks: count,
  draining: z.boolean(),
});
export type NodeStatus = z.infer<typeof nodeStatus>;

/** A run according to its folder. */
export const runSummary = z.strictObject({
  id: z.string(),
  folder: z.string(),
  /**
   * `died`: the folder says that the run is running, but its process is gone; `damaged`: the folder cannot be read, and
   * `failure` says why.
   */
  state: z.enum(['running', 'completed', 'stopped', 'failed', 'died', 'damaged']),
  startedAt: z.string().nullable(),
  /** Why it failed. */
  failure: z.string().nullable(),
  /** A `TrainResult`, as whichever version wrote it. */
  result: z.record(z.string(), z.unknown()).nullable(),
});
export type RunSummary = z.infer<typeof runSummary>;

/** What a run was set up as, and what has come of it so far, as its folder tells. */
export const runOverview = runSummary.extend({
  endedAt: z.string().nullable(),
  /** Why somebody has stopped it, where that was said. */
  stopReason: z.string().nullable(),
  /** Widths. Null, as are the settings below, where they cannot be read. */
  layers: z.array(count).nullable(),
  objective: z.string().nullable(),
  seed: count.nullable(),
  /** Name of the data set. */
  dataset: z.string().nullable(),
  /** That it has completed, as of its last evaluation while it is under way; null before the first. */
  epochs: count.nullable(),
  /** Of the last evaluation (0 … 1). */
  testError: z.number().nullable(),
  /** The least of all evaluations. */
  bestTestError: z.number().nullable(),
});
export type RunOverview = z.infer<typeof runOverview>;

/** The runs in a coordinator's folder, the newest first. */
export const overviewList = z.strictObject({ runs: z.array(runOverview) });

const runsInAll = z.strictObject({
  /** Those that it has carried out, or is carrying out, since it was started. */
  runs: z.array(runStatus),
  /** Those in its folder that had already ended, or could not be taken up. */
  earlier: z.array(runSummary),
});

/** The runs of a coordinator. */
export const runList = runsInAll.extend({
  /** How each was set up, by id, as whichever version wrote it; without those that cannot be read. */
  configs: z.record(z.string(), z.record(z.string(), z.unknown())),
});
export type RunList = z.infer<typeof runList>;

/** Nodes and runs of a coordinator. */
export const statusReport = runsInAll.extend({ version: z.string(), nodes: z.array(nodeStatus) });
export type StatusReport = z.infer<typeof statusReport>;
