import type { RecordListener } from '../record/run-record.js';
import type { RunEvents } from './run-events.js';

/**
 * Makes events of what a run's record has to say.
 * @param stored called with the step of a snapshot that is complete @param unwritable called when the run has to end
 */
export function recordEvents(
  events: Pick<RunEvents, 'emit'>,
  stored: (step: number) => void,
  unwritable: (error: Error) => void,
): RecordListener {
  return {
    snapshotStored: ({ step, parts, seconds }) => {
      const sizes = parts.map(({ name, bytes }) => ({ stage: name, bytes }));
      events.emit({ type: 'snapshot-stored', step, parts: sizes, seconds });
      stored(step);
    },
    snapshotFailed: (step, message) => events.emit({ type: 'snapshot-failed', stage: 'coordinator', step, message }),
    unwritable,
  };
}
