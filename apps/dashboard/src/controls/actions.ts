import type { RunAction, RunStatus, StreamItem } from '@layerline/api';

interface Wording {
  readonly label: string;
  /** While it has been asked for and has not happened yet. */
  readonly pending: string;
  readonly question: string;
  /** What will happen. */
  readonly consequence: string;
}

export const WORDING: Readonly<Record<RunAction, Wording>> = {
  pause: {
    label: 'Pause',
    pending: 'Pausing…',
    question: 'Pause the run?',
    consequence:
      'The feeder sends no more batches until you resume. The stages stay up, and no number of the training changes.',
  },
  resume: {
    label: 'Resume',
    pending: 'Resuming…',
    question: 'Resume the run?',
    consequence: 'The feeder goes on with the next batch.',
  },
  evaluate: {
    label: 'Evaluate now',
    pending: 'Evaluating…',
    question: 'Evaluate now?',
    consequence:
      'The test set goes through the network after the current batch. Training goes on afterwards, and changes in nothing.',
  },
  snapshot: {
    label: 'Snapshot now',
    pending: 'Taking a snapshot…',
    question: 'Take a snapshot now?',
    consequence: 'Every stage stores what it needs to go on from the current batch, while training goes on.',
  },
  stop: {
    label: 'Stop',
    pending: 'Stopping…',
    question: 'Stop the run?',
    consequence:
      'The current batch is finished and the model as it is then is stored. The run is over after that, and will not train its remaining epochs.',
  },
};

/** The actions that make sense in a state, in the order in which they are offered. */
export function actionsFor({ state }: Pick<RunStatus, 'state'>): readonly RunAction[] {
  return [state === 'paused' ? 'resume' : 'pause', 'evaluate', 'snapshot', 'stop'];
}

/** Why an action cannot be asked for now; undefined if it can. */
export function hindrance(
  action: RunAction,
  { state }: Pick<RunStatus, 'state'>,
  isOperator: boolean,
): string | undefined {
  if (state === 'ended') return 'The run is over';
  if (!isOperator) return 'You are signed in as a viewer, who may not steer runs';
  const flows = state === 'running' || state === 'paused';
  return action === 'stop' || flows ? undefined : `The run is ${state}: no batches flow`;
}

/** Whether what happened is what was asked for, or shows that it has happened. */
export function hasHappened(action: RunAction, item: StreamItem): boolean {
  if (item.type === 'ended') return true;
  if (item.type === 'run') return hadHappened(action, item.status);
  switch (action) {
    case 'pause':
      return item.type === 'state' && item.state === 'paused';
    case 'resume':
      return item.type === 'state' && item.state === 'running';
    case 'evaluate':
      return item.type === 'evaluation';
    case 'snapshot':
      return item.type === 'snapshot-stored' || item.type === 'snapshot-failed';
    case 'stop':
      return item.type === 'end';
  }
}

/** After a gap, which repeats evaluations but not snapshots: those are in the history. */
function hadHappened(action: RunAction, { state }: RunStatus): boolean {
  switch (action) {
    case 'pause':
      return state === 'paused';
    case 'resume':
      return state !== 'paused';
    case 'snapshot':
      return true;
    case 'evaluate':
    case 'stop':
      return state === 'ended';
  }
}

/** Why what was asked for has come to nothing; undefined if it has not. */
export function failureIn(action: RunAction, item: StreamItem): string | undefined {
  return action === 'snapshot' && item.type === 'snapshot-failed' ? `${item.stage}: ${item.message}` : undefined;
}
