import { CLASSES, PIXELS, SIDE, writeHybridRow, writeRow } from '@layerline/datasets';
import type { Dataset, ImageSet } from '@layerline/datasets';
import { negativesOf } from '@layerline/forward-forward';
import type { PairWriter } from '@layerline/forward-forward';
import { permutation } from '@layerline/ops';
import { BLOCKS, imagesPerScoreFrame } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Block, LookRequest, Rows } from '@layerline/protocol';
import { Pool } from './pool.js';
import type { Lent } from './pool.js';
import { OverlaidRows } from './overlaid-rows.js';
import { keyFor } from './randomness.js';

/** Makes the rows of a run out of its data set. They depend on the plan alone: on seed, epoch and row. */
export class RowSource {
  readonly #rows = new Pool<OverlaidRows>();

  constructor(
    readonly plan: Plan,
    readonly dataset: Dataset,
  ) {}

  /** The batches of an epoch from number `first` on, counted from 0. */
  *trainRows(epoch: number, first: number): Generator<Rows> {
    const { seed, batch: pairs, batchesPerEpoch, negatives } = this.plan;
    const { imagesPerPair, write } = negativesOf(negatives);
    const order = permutation(keyFor(seed, 'order', epoch), this.dataset.train.count);
    for (let batch = first; batch < batchesPerEpoch; batch++) {
      const chosen = order.subarray(batch * pairs, (batch + 1) * pairs);
      const { item: rows, release } = this.#lend(imagesPerPair * pairs, 2 / imagesPerPair);
      write(this.#writer(rows, epoch, chosen));
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

  /** What negatives write a batch to. */
  #writer(rows: OverlaidRows, epoch: number, chosen: Uint32Array): PairWriter {
    const { images, labels } = this.dataset.train;
    return {
      ...{ chosen, labels, epoch, classes: CLASSES, height: SIDE, width: SIDE },
      key: keyFor(this.plan.seed, 'negatives'),
      image: (place, row) => writeRow(rows.images, place * PIXELS, images, row, 'none'),
      hybrid: (place, a, b, mask) => writeHybridRow(rows.images, place * PIXELS, images, a, b, mask, 'none'),
      label: (place, copy, label) => rows.label(place, copy, label),
    };
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
