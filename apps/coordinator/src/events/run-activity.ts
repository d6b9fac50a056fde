import { isOver } from '@layerline/api';
import type { RunEvent, RunState } from '@layerline/api';
import type { RunActivity } from './activity.js';

/** Makes of a run's events what those who watch over the coordinator are told. */
export class RunActivities {
  #state: RunState = 'waiting';

  /** @param run has the name of each stage's node now @param startedAt when it was first begun, in ISO 8601 */
  constructor(
    readonly run: { readonly placement: ReadonlyMap<string, string> },
    readonly startedAt: string,
  ) {}

  /** What an event comes to; undefined for those of no interest to them. */
  of(event: RunEvent): RunActivity | undefined {
    switch (event.type) {
      case 'state':
        return this.#enter(event.state);
      case 'notice':
        return { type: 'run-noticed', sentence: event.sentence };
      case 'snapshot-failed':
        return {
          type: 'run-noticed',
          sentence: `no snapshot at step ${event.step}: ${event.stage}: ${event.message}`,
        };
      case 'operation':
        return isOver(event.operation) ? { type: 'run-reshaped', operation: event.operation } : undefined;
      case 'ended': {
        const seconds = (Date.parse(event.at) - Date.parse(this.startedAt)) / 1000;
        return { type: 'run-ended', end: event.end, seconds };
      }
      default:
        return undefined;
    }
  }

  #enter(state: RunState): RunActivity | undefined {
    const before = this.#state;
    this.#state = state;
    if (state === 'paused') return { type: 'run-paused' };
    // Of a change of its stages, the operation's end tells.
    if (state !== 'running' || before === 'reshaping') return undefined;
    if (before === 'paused') return { type: 'run-resumed' };
    return { type: 'run-training', nodes: [...new Set(this.run.placement.values())] };
  }
}
