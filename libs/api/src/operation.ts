import { MAX_SHARDS } from '@layerline/plan';
import * as z from 'zod';

const count = z.number().int().nonnegative();
const name = z.string().min(1).max(100);

/** Chosen by whoever asks: what is asked again under the same id is the same operation. */
const requestId = z.string().min(1).max(100).optional();

/** What is asked of a layer: into how many shards it is to be cut. */
export const scaleOrder = z.strictObject({ shards: z.number().int().min(1).max(MAX_SHARDS), requestId });
export type ScaleOrder = z.infer<typeof scaleOrder>;

/** What is asked of a stage: on which node it is to be. */
export const moveOrder = z.strictObject({ node: name, requestId });
export type MoveOrder = z.infer<typeof moveOrder>;

/** What an operation changes. */
export const change = z.discriminatedUnion('kind', [
  /** A layer is cut into another number of shards. */
  z.strictObject({ kind: z.literal('scale'), layer: name, from: count, to: count }),
  /** A stage goes to another node. */
  z.strictObject({ kind: z.literal('move'), stage: name, from: name, to: name }),
]);
export type Change = z.infer<typeof change>;

/**
 * - `accepted`
 * - `waiting`: for what `detail` says; can be cancelled until here
 * - `snapshotting`: training is paused at a barrier, and the stages store their state
 * - `moving`: the stages of the new plan start, and get their state
 * - `applied`: frames flow again
 * - `rolled-back`: the run goes on by the plan that it had before; `detail` says why
 * - `refused`: nothing was changed; `detail` says why
 * - `cancelled`
 */
export const operationState = z.enum([
  'accepted',
  'waiting',
  'snapshotting',
  'moving',
  'applied',
  'rolled-back',
  'refused',
  'cancelled',
]);
export type OperationState = z.infer<typeof operationState>;

/** A change of a run's stages while it trains. */
export const operation = z.strictObject({
  /** Counted from 1 within the run. */
  id: z.number().int().positive(),
  requestId: z.string().nullable(),
  change,
  state: operationState,
  /** What it waits for, or why it came to nothing. */
  detail: z.string().nullable(),
  /** The revision of the plan that it makes. */
  revision: z.number().int().positive(),
  /** State that stages have been sent for it. */
  bytes: count,
  /** Since it was accepted; of one that is over, until then. */
  seconds: z.number().nonnegative(),
  /** How long it has kept training from going on. */
  pausedSeconds: z.number().nonnegative(),
});
export type Operation = z.infer<typeof operation>;

/** The stages of the plan by which a run goes on. */
export const topology = z.strictObject({
  /** Of the plan; 0 for the plan that the run began with. */
  revision: count,
  /** Into how many shards each layer is cut. */
  shards: z.array(z.number().int().positive()),
  /** Threads of an operation in each stage. */
  threads: z.number().int().positive(),
});
export type Topology = z.infer<typeof topology>;

export const operationList = z.strictObject({
  /** The newest first. */
  operations: z.array(operation),
});
export type OperationList = z.infer<typeof operationList>;

/** What a change would come to, without making it. */
export const preview = z.strictObject({
  change,
  /** The node that each stage would be on. */
  placement: z.record(z.string(), z.string()),
  /** Units of each stage whose layer changes. */
  units: z.record(z.string(), count),
});
export type Preview = z.infer<typeof preview>;
