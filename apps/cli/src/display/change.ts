import type { Change } from '@layerline/api';

/** A change of a run's stages. */
export function changeInWords(change: Change): string {
  if (change.kind === 'move') return `${change.stage} from ${change.from} to ${change.to}`;
  return `${change.layer} from ${shardsInWords(change.from)} to ${shardsInWords(change.to)}`;
}

function shardsInWords(count: number): string {
  return count === 1 ? '1 shard' : `${count} shards`;
}
