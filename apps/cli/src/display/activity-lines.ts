import type { RunEnd } from '@layerline/api';
import type { Activity } from '@layerline/coordinator';
import { changeInWords } from './change.js';
import { duration, percent } from './format.js';

/** What is said of an operation's state, where that is not its name. */
const OUTCOMES: Readonly<Record<string, string>> = { 'rolled-back': 'undone' };
/** The code of a run that an operator ended before there was anything to keep. */
const STOPPED = 'ERR_RUN_STOPPED';

/** What a line on the coordinator's screen is about. */
export function subjectOf(activity: Activity): string {
  return 'run' in activity ? `run ${activity.run}` : `node ${activity.node}`;
}

/** What happens to it, after its name and a colon. */
export function activityInWords(activity: Activity): string {
  switch (activity.type) {
    case 'node-joined':
      return `joined from ${activity.host}, with ${counted(activity.cores, 'core')} and ${counted(activity.slots, 'slot')}`;
    case 'node-left':
      return 'left';
    case 'node-lost':
      return `lost: ${activity.reason}`;
    case 'node-draining':
      return 'draining: it gets no new stages';
    case 'node-drained':
      return 'drained: it has no stages left';
    case 'node-undrained':
      return 'takes stages again';
    case 'run-submitted':
      return `submitted: ${networkOf(activity)}`;
    case 'run-taken-up':
      return `taken up again: ${networkOf(activity)}`;
    case 'run-training':
      return activity.nodes.length === 0 ? 'training' : `training on ${activity.nodes.join(', ')}`;
    case 'run-paused':
      return 'paused';
    case 'run-resumed':
      return 'resumed';
    case 'run-noticed':
      return activity.sentence;
    case 'run-reshaped': {
      const { id, state, change, detail } = activity.operation;
      return `operation ${id} ${OUTCOMES[state] ?? state}: ${changeInWords(change)}${detail === null ? '' : ` (${detail})`}`;
    }
    case 'run-ended':
      return endInWords(activity.end, duration(activity.seconds));
  }
}

function endInWords(end: RunEnd, time: string): string {
  if ('error' in end) {
    const { code, message } = end.error;
    return code === STOPPED ? `stopped after ${time}` : `failed after ${time}: ${message.split('\n')[0]}`;
  }
  const { outcome, testError } = end.result;
  return `${outcome} after ${time}${testError === null ? '' : `, with a test error of ${percent(testError)}`}`;
}

function networkOf({ units, epochs }: { readonly units: readonly number[]; readonly epochs: number }): string {
  return `layers ${units.join(', ')}, ${counted(epochs, 'epoch')}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
