import type { Change, Operation } from '@layerline/api';
import type { Mood } from '../ui/mood.js';
import { seconds } from '../format.js';

/** What is changed, as the beginning of a sentence. */
export function changeInWords(change: Change): string {
  if (change.kind === 'move') return `${change.stage} from ${change.from} to ${change.to}`;
  return `${change.layer} from ${change.from} to ${shardsInWords(change.to)}`;
}

export function shardsInWords(shards: number): string {
  return shards === 1 ? '1 shard' : `${shards} shards`;
}

/** What has become of a change so far. */
export function sentenceOf({ change, state, detail, pausedSeconds }: Operation): string {
  const what = changeInWords(change);
  switch (state) {
    case 'accepted':
      return `${what}: asked for`;
    case 'waiting':
      return `${what}: waits for ${detail ?? 'its turn'}`;
    case 'snapshotting':
      return `${what}: the stages store their state`;
    case 'moving':
      return `${what}: the stages get their state`;
    case 'applied':
      return `${what}: done, training paused for ${seconds(pausedSeconds)}`;
    case 'rolled-back':
      return `${what}: undone, as ${detail ?? 'it failed'}`;
    case 'refused':
      return `${what}: refused, as ${detail ?? 'it cannot be'}`;
    case 'cancelled':
      return `${what}: cancelled`;
  }
}

export function moodOf({ state }: Operation): Mood {
  if (state === 'applied') return 'good';
  if (state === 'cancelled') return 'still';
  return state === 'rolled-back' || state === 'refused' ? 'bad' : 'live';
}
