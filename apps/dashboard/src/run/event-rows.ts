import type { RunState } from '@layerline/api';
import { compareEventIds } from '@layerline/api/event-order';
import type { HistoryEvent } from '../data/history.js';
import type { EvaluationEvent, LiveState } from '../data/run-state.js';
import { percent, seconds, whole } from '../format.js';
import { moodOf, sentenceOf } from './operation.js';
import type { Mood } from '../ui/mood.js';

/** Something that has happened in a run, in a sentence. */
export interface EventRow {
  readonly id: string;
  readonly at: string;
  readonly kind: 'state' | 'evaluation' | 'snapshot' | 'notice' | 'rewind' | 'change';
  readonly sentence: string;
  readonly mood: Mood;
}

const STATES: Readonly<Record<RunState, string>> = {
  waiting: 'Waits for nodes',
  starting: 'Its stages are starting',
  running: 'Frames flow',
  paused: 'Paused',
  reshaping: 'Its stages are being changed',
  recovering: 'Recovers from a failure',
  ended: 'Ended',
};

/** What has happened in a run, newest first. */
export function eventRowsOf({ history, evaluations }: Pick<LiveState, 'history' | 'evaluations'>): readonly EventRow[] {
  const told = history.filter((event, place) => !isPartOfChange(event, history.slice(0, place)));
  return [...told.map(rowOf), ...evaluations.map(evaluationRow)].sort((one, other) =>
    compareEventIds(other.id, one.id),
  );
}

/** Whether a run has gone back to a snapshot only to go on from there with other stages: nothing was lost. */
function isPartOfChange(event: HistoryEvent, before: readonly HistoryEvent[]): boolean {
  if (event.type !== 'rewound') return false;
  const last = before.findLast(({ type }) => type === 'state');
  return last?.type === 'state' && last.state === 'reshaping';
}

function rowOf(event: HistoryEvent): EventRow {
  const { id, at } = event;
  switch (event.type) {
    case 'state':
      return {
        id,
        at,
        kind: 'state',
        sentence: STATES[event.state],
        mood: event.state === 'running' ? 'live' : 'still',
      };
    case 'notice':
      return { id, at, kind: 'notice', sentence: event.sentence, mood: 'warn' };
    case 'operation':
      return { id, at, kind: 'change', sentence: sentenceOf(event.operation), mood: moodOf(event.operation) };
    case 'revised':
      return {
        id,
        at,
        kind: 'change',
        sentence: `Shards by layer are now ${event.topology.shards.join(', ')}`,
        mood: 'live',
      };
    case 'snapshot-stored':
      return { id, at, kind: 'snapshot', sentence: `Snapshot of batch ${whole(event.step)} stored`, mood: 'good' };
    case 'snapshot-failed': {
      const sentence = `No snapshot of batch ${whole(event.step)}: ${event.stage}: ${event.message}`;
      return { id, at, kind: 'snapshot', sentence, mood: 'bad' };
    }
    case 'rewound': {
      const sentence = event.step === 0 ? 'Began again from the start' : `Went back to batch ${whole(event.step)}`;
      return { id, at, kind: 'rewind', sentence, mood: 'bad' };
    }
  }
}

function evaluationRow({ id, at, epoch, testError, seconds: took }: EvaluationEvent): EventRow {
  const sentence = `Test error ${percent(testError)} in epoch ${whole(epoch)}, evaluated in ${seconds(took)}`;
  return { id, at, kind: 'evaluation', sentence, mood: 'live' };
}
