import type { RunConfig } from './config.js';
import type { Plan } from './plan.js';

/** What `auto` stands for. */
const OBSERVATIONS_PER_EPOCH = 20;

/** A place in the stream of training batches. */
export interface Position {
  /** Counted from 1. */
  readonly epoch: number;
  /** Batches of the epoch that have passed; all of them at its end. */
  readonly batches: number;
}

/** The number of learning steps, that is training batches, in the whole run. */
export function totalSteps({ epochs, batchesPerEpoch }: Pick<Plan, 'epochs' | 'batchesPerEpoch'>): number {
  return epochs * batchesPerEpoch;
}

/** Where a stream is right after `step` training batches of the whole run have passed. */
export function positionAt(step: number, { batchesPerEpoch }: Pick<Plan, 'batchesPerEpoch'>): Position {
  const epoch = Math.max(1, Math.ceil(step / batchesPerEpoch));
  return { epoch, batches: step - (epoch - 1) * batchesPerEpoch };
}

/** The training batches of the whole run that have passed at a place. */
export function stepAt({ epoch, batches }: Position, { batchesPerEpoch }: Pick<Plan, 'batchesPerEpoch'>): number {
  return (epoch - 1) * batchesPerEpoch + batches;
}

/** Whether an evaluation follows an epoch. */
export function isEvaluated(epoch: number, { epochs, evalEvery }: Pick<Plan, 'epochs' | 'evalEvery'>): boolean {
  return epoch === epochs || (evalEvery > 0 && epoch % evalEvery === 0);
}

/** Training batches between observations. @param wanted as in the config */
export function observeEvery(wanted: RunConfig['observeEvery'], batchesPerEpoch: number): number {
  return wanted === 'auto' ? Math.ceil(batchesPerEpoch / OBSERVATIONS_PER_EPOCH) : wanted;
}

/** Whether an observation follows the training batch after which `batches` of its epoch have passed. */
export function isObserved(batches: number, plan: Pick<Plan, 'observeEvery' | 'batchesPerEpoch'>): boolean {
  return plan.observeEvery > 0 && batchesUntilObserved(batches, plan) === 0;
}

/** Training batches until the next observation of an epoch of which `batches` have passed. Not for plans without observations. */
export function batchesUntilObserved(
  batches: number,
  { observeEvery: every, batchesPerEpoch }: Pick<Plan, 'observeEvery' | 'batchesPerEpoch'>,
): number {
  return Math.min(Math.ceil(batches / every) * every, batchesPerEpoch) - batches;
}

/** Whether training rows are ranked before an epoch, for hard negatives: not before the first, when nothing has been learned. */
export function isRanked(epoch: number, { hard }: Pick<Plan, 'hard'>): boolean {
  return hard !== undefined && epoch > 1 && (epoch - 1) % hard.every === 0;
}
