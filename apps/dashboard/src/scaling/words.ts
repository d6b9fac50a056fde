import type { Change, Operation, OperationState, Preview, RunStatus } from '@layerline/api';
import { bytes, seconds, stageTitle } from '../format.js';
import { shardsInWords } from '../run/operation.js';

/** In the fewest words. */
export const STATES: Readonly<Record<OperationState, string>> = {
  accepted: 'Asked for',
  waiting: 'Waiting',
  snapshotting: 'Storing state',
  moving: 'Starting stages',
  applied: 'Done',
  'rolled-back': 'Rolled back',
  refused: 'Refused',
  cancelled: 'Cancelled',
};

/** A change from one side to the other. */
export interface Sides {
  /** What is changed. */
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

export function sidesOf(change: Change): Sides {
  if (change.kind === 'move') return { what: stageTitle(change.stage), from: change.from, to: change.to };
  const { layer, from, to } = change;
  return { what: stageTitle(layer), from: shardsInWords(from), to: shardsInWords(to) };
}

/** Where a change stands and what that means for the training; once it is over, what it did or why it came to nothing. */
export function standingOf({ state, detail, pausedSeconds, bytes: sent }: Operation): string {
  switch (state) {
    case 'accepted':
    case 'waiting':
      return `Waits for ${detail ?? 'its turn'}.`;
    case 'snapshotting':
      return 'Training is paused while all stages store their state.';
    case 'moving':
      return 'Training is paused while the new stages start and get their state.';
    case 'applied':
      return `Training was paused for ${seconds(pausedSeconds)}, and ${bytes(sent)} of state were sent to the stages.`;
    case 'rolled-back':
      return `The run has the stages that it had before: ${detail ?? 'the change failed'}.`;
    case 'refused':
      return `Nothing has changed: ${detail ?? 'it cannot be'}.`;
    case 'cancelled':
      return 'Nothing has changed.';
  }
}

/** Whether a change can still be given up. */
export function canBeCancelled({ state }: Pick<Operation, 'state'>): boolean {
  return state === 'accepted' || state === 'waiting';
}

/** Stages of other layers that a change would bring to another node, in words. */
export function moversOf({ placement, units }: Preview, now: RunStatus['placement']): readonly string[] {
  return Object.entries(placement).flatMap(([stage, node]) => {
    const before = now[stage];
    if (stage in units || before === undefined || before === node) return [];
    return [`${stageTitle(stage)} goes from ${before} to ${node}`];
  });
}
