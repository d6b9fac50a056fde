import { fold, permutation, randomKey } from '@layerline/ops';
import type { ImageSet, SplitSettings } from './dataset.js';

/** First coordinates of keys: a split shares no randomness with whatever else a seed is used for. */
const TEST_ROWS = 0x74_6573_74;
const VALIDATION_ROWS = 0x76_616c;

/** How many rows of a class go into the smaller part: a share of it, but some stay. */
function drawn(count: number, share: number): number {
  return Math.min(count - 1, Math.round(count * share));
}

/** How many rows a stratified share of a set has. @param byClass rows of each class */
export function shareRows(byClass: readonly number[], share: number): number {
  return byClass.reduce((sum, count) => sum + (count === 0 ? 0 : drawn(count, share)), 0);
}

/** Rows of each class. */
export function rowsByClass({ labels }: Pick<ImageSet, 'labels'>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return counts;
}

/**
 * Divides a set into two in which each class has the same share, by a draw for each class.
 * @returns the rest, and the share, both in the order of the rows
 */
export function splitShare(
  set: ImageSet,
  classes: number,
  { testShare, splitSeed }: Pick<SplitSettings, 'testShare' | 'splitSeed'>,
): readonly [rest: ImageSet, share: ImageSet] {
  return divide(set, classes, splitSeed, TEST_ROWS, (count) => drawn(count, testShare));
}

/**
 * Holds rows out of a training set, of each class as many as its share of the set allows.
 * @param validation how many; fewer than the set has
 */
export function holdOut(
  set: ImageSet,
  classes: number,
  { validation, splitSeed }: Pick<SplitSettings, 'validation' | 'splitSeed'>,
): readonly [rest: ImageSet, held: ImageSet] {
  const quotas = apportion(rowsByClass(set, classes), validation);
  return divide(set, classes, splitSeed, VALIDATION_ROWS, (_, label) => quotas[label] as number);
}

/** Whole numbers in proportion to counts that add up to a total: the largest remainders are rounded up. */
function apportion(counts: readonly number[], total: number): number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (count * total) / all);
  const quotas = exact.map(Math.floor);
  const remainders = [...exact.keys()].sort((a, b) => ((exact[b] as number) % 1) - ((exact[a] as number) % 1) || a - b);
  const missing = total - quotas.reduce((sum, quota) => sum + quota, 0);
  for (const label of remainders.slice(0, missing)) quotas[label] = (quotas[label] as number) + 1;
  return quotas;
}

function divide(
  set: ImageSet,
  classes: number,
  seed: number,
  purpose: number,
  quotaOf: (count: number, label: number) => number,
): readonly [ImageSet, ImageSet] {
  const key = fold(randomKey(seed), purpose);
  const isDrawn = new Uint8Array(set.count);
  for (let label = 0; label < classes; label++) {
    const rows = [...set.labels.keys()].filter((row) => set.labels[row] === label);
    if (rows.length === 0) continue;
    const order = permutation(fold(key, label), rows.length);
    for (const place of order.subarray(0, quotaOf(rows.length, label))) isDrawn[rows[place] as number] = 1;
  }
  return [pick(set, (row) => isDrawn[row] === 0), pick(set, (row) => isDrawn[row] === 1)];
}

function pick({ images, labels, count }: ImageSet, isWanted: (row: number) => boolean): ImageSet {
  const rows = [...labels.keys()].filter(isWanted);
  const size = images.length / count;
  const picked =
    images instanceof Uint8Array ? new Uint8Array(rows.length * size) : new Float32Array(rows.length * size);
  rows.forEach((row, place) => picked.set(images.subarray(row * size, (row + 1) * size), place * size));
  return { images: picked, labels: Uint8Array.from(rows, (row) => labels[row] as number), count: rows.length };
}
