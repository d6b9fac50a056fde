import { CLASSES, hybridMask, hybridPartner, PIXELS, wrongLabel, writeHybridRow, writeRow } from '@layerline/datasets';
import type { Dataset, ImageSet } from '@layerline/datasets';
import { fold, permutation } from '@layerline/ops';
import { Pool } from '@layerline/protocol';
import type { BarrierOrder, Block, Frame, Lent, Rows } from '@layerline/protocol';
import type { Role } from '@layerline/stage';
import { OverlaidRows } from './overlaid-rows.js';
import { imagesPerScoreFrame } from './plan.js';
import type { Plan } from './plan.js';
import { keyFor } from './randomness.js';

/**
 * The head of the pipeline: turns the data set into training rows, epoch by epoch, with score rows and barriers between
 * them. What it sends depends on the plan alone: order and negatives are functions of seed, epoch and row.
 */
export class FeederRole implements Role {
  #stopped = false;
  readonly #mask = new Uint8Array(PIXELS);
  readonly #rows = new Pool<OverlaidRows>();

  constructor(
    readonly plan: Plan,
    readonly dataset: Dataset,
  ) {}

  async *transform(): AsyncGenerator<Frame> {
    const { epochs, evalEvery } = this.plan;
    for (let epoch = 1; epoch <= epochs && !this.#stopped; epoch++) {
      let batches = 0;
      for (const rows of this.#trainRows(epoch)) {
        yield rows;
        batches++;
        if (this.#stopped) break;
      }
      yield barrier({ type: 'epoch-end', epoch, batches });
      const due = epoch === epochs || (evalEvery > 0 && epoch % evalEvery === 0);
      for (const frame of due ? this.evaluation(epoch) : []) {
        if (this.#stopped) break;
        yield frame;
      }
    }
    yield barrier({ type: 'store-model' });
    yield barrier({ type: 'end', outcome: this.#stopped ? 'stopped' : 'completed' });
  }

  /** The test set under every label, between the barriers of an evaluation. */
  *evaluation(epoch: number): Generator<Frame> {
    yield barrier({ type: 'evaluate', epoch });
    const { test } = this.dataset;
    const images = imagesPerScoreFrame(this.plan);
    for (let first = 0, batch = 0; first < test.count; first += images, batch++) {
      yield this.#scoreRows(test, first, Math.min(first + images, test.count), epoch, batch);
    }
    yield barrier({ type: 'evaluated', epoch });
  }

  stop(): void {
    this.#stopped = true;
  }

  async close(): Promise<void> {}

  *#trainRows(epoch: number): Generator<Rows> {
    const { seed, batch: pairs, batchesPerEpoch, negatives } = this.plan;
    const order = permutation(keyFor(seed, 'order', epoch), this.dataset.train.count);
    for (let batch = 0; batch < batchesPerEpoch; batch++) {
      const chosen = order.subarray(batch * pairs, (batch + 1) * pairs);
      const { item: rows, release } = negatives === 'wrong' ? this.#lend(pairs, 2) : this.#lend(2 * pairs, 1);
      if (negatives === 'wrong') this.#writeWrongLabels(rows, epoch, chosen);
      else this.#writeHybrids(rows, epoch, chosen);
      const counts = { positive: pairs, negative: pairs, neutral: 0 };
      const frame = {
        kind: 'rows',
        purpose: 'train',
        epoch,
        batch,
        ...counts,
        blocks: rows.blocks(),
        release,
      } as const;
      yield epoch === 1 && batch === 0 ? { ...frame, sentAt: Date.now() } : frame;
    }
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
    const labels: Block = { name: 'labels', type: 'u8', shape: [count, 1], data: set.labels.slice(first, end) };
    const counts = { positive: 0, negative: 0, neutral: count * CLASSES };
    return { kind: 'rows', purpose: 'score', epoch, batch, ...counts, blocks: [...rows.blocks(), labels], release };
  }

  #lend(images: number, copies: number): Lent<OverlaidRows> {
    return this.#rows.take(`${images} ${copies}`, () => new OverlaidRows(images, copies));
  }
}

function barrier(order: BarrierOrder): Frame {
  return { kind: 'barrier', order };
}
