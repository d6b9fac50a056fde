import { CLASSES, hybridMask, hybridPartner, PIXELS, writeHybridRow, writeRow, wrongLabel } from '@layerline/datasets';
import type { Dataset, ImageSet } from '@layerline/datasets';
import { fold, permutation } from '@layerline/ops';
import { BLOCKS, imagesPerScoreFrame } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Block, LookRequest, Rows } from '@layerline/protocol';
import { Pool } from './pool.js';
import type { Lent } from './pool.js';
import { OverlaidRows } from './overlaid-rows.js';
import { keyFor } from './randomness.js';

/** Makes the rows of a run out of its data set. They depend on the plan alone: on seed, epoch and row. */
export class RowSource {
  readonly #mask = new Uint8Array(PIXELS);
  readonly #rows = new Pool<OverlaidRows>();

  constructor(
    readonly plan: Plan,
    readonly dataset: Dataset,
  ) {}

  /** The batches of an epoch from number `first` on, counted from 0. */
  *trainRows(epoch: number, first: number): Generator<Rows> {
    const { seed, batch: pairs, batchesPerEpoch, negatives } = this.plan;
    const order = permutation(keyFor(seed, 'order', epoch), this.dataset.train.count);
    for (let batch = first; batch < batchesPerEpoch; batch++) {
      const chosen = order.subarray(batch * pairs, (batch + 1) * pairs);
      const { item: rows, release } = negatives === 'wrong' ? this.#lend(pairs, 2) : this.#lend(2 * pairs, 1);
      if (negatives === 'wrong') this.#writeWrongLabels(rows, epoch, chosen);
      else this.#writeHybrids(rows, epoch, chosen);
      const counts = { positive: pairs, negative: pairs, neutral: 0 };
      yield { kind: 'rows', purpose: 'train', epoch, batch, ...counts, blocks: rows.blocks(), release };
    }
  }

  /** The test set under every label. */
  *scoreRows(epoch: number): Generator<Rows> {
    const { test } = this.dataset;
    const images = imagesPerScoreFrame(this.plan);
    for (let first = 0, batch = 0; first < test.count; first += images, batch++) {
      yield this.#scoreRows(test, first, Math.min(first + images, test.count), epoch, batch);
    }
  }

  /** An image of the test set under every label, to be looked at. @param batches of the epoch that have passed */
  lookRows(look: LookRequest, epoch: number, batches: number): Rows {
    const { test } = this.dataset;
    return { ...this.#scoreRows(test, look.image, look.image + 1, epoch, batches), purpose: 'look', look };
  }

  /** Images under their own labels, and the same images under wrong ones. */
  #writeWrongLabels(rows: OverlaidRows, epoch: number, chosen: Uint32Array): void {
    const { images, labels } = this.dataset.train;
    const key = keyFor(this.plan.seed, 'negatives');
    chosen.forEach((row, image) => {
      const label = labels[row] as number;
      writeRow(rows.images, image * PIXELS, images, row, 'none');
      rows.label(image, 0, label);
      rows.label(image, 1, wrongLabel(key, epoch, row, label));
    });
  }

  /** Images, and mixtures of each with another one, all under the images' labels. */
  #writeHybrids(rows: OverlaidRows, epoch: number, chosen: Uint32Array): void {
    const { images, labels } = this.dataset.train;
    const key = keyFor(this.plan.seed, 'negatives');
    const pairs = chosen.length;
    chosen.forEach((row, image) => {
      const label = labels[row] as number;
      writeRow(rows.images, image * PIXELS, images, row, 'none');
      hybridMask(fold(key, epoch, row), this.#mask);
      const partner = hybridPartner(key, epoch, row, labels);
      writeHybridRow(rows.images, (pairs + image) * PIXELS, images, row, partner, this.#mask, 'none');
      rows.label(image, 0, label);
      rows.label(pairs + image, 0, label);
    });
  }

  /** Images `first` to `end` (excluded) under label 0, then all of them under label 1, … 9, and the true labels. */
  #scoreRows(set: ImageSet, first: number, end: number, epoch: number, batch: number): Rows {
    const count = end - first;
    const { item: rows, release } = this.#lend(count, CLASSES);
    for (let image = 0; image < count; image++) {
      writeRow(rows.images, image * PIXELS, set.images, first + image, 'none');
      for (let label = 0; label < CLASSES; label++) rows.label(image, label, label);
    }
    const labels: Block = { name: BLOCKS.labels, type: 'u8', shape: [count, 1], data: set.labels.slice(first, end) };
    const pictures: Block = {
      name: BLOCKS.pictures,
      type: 'u8',
      shape: [count, PIXELS],
      data: set.images.slice(first * PIXELS, end * PIXELS),
    };
    const counts = { positive: 0, negative: 0, neutral: count * CLASSES };
    const blocks = [...rows.blocks(), labels, pictures];
    return { kind: 'rows', purpose: 'score', epoch, batch, ...counts, blocks, release };
  }

  #lend(images: number, copies: number): Lent<OverlaidRows> {
    return this.#rows.take(`${images} ${copies}`, () => new OverlaidRows(images, copies));
  }
}
