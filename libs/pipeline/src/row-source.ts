import { RowWriter, writePicture } from '@layerline/datasets';
import type { Dataset, ImageSet } from '@layerline/datasets';
import { negativesOf } from '@layerline/forward-forward';
import type { PairWriter } from '@layerline/forward-forward';
import { permutation } from '@layerline/ops';
import { BLOCKS, classesOf, imagesPerScoreFrame, pictureSize } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Block, LookRequest, Rows } from '@layerline/protocol';
import { Pool } from './pool.js';
import type { Lent } from './pool.js';
import { OverlaidRows } from './overlaid-rows.js';
import { keyFor } from './randomness.js';
import { RowPreparation } from './row-preparation.js';

/** Makes the rows of a run out of its data set. They depend on the plan alone: on seed, epoch and row. */
export class RowSource {
  readonly #rows = new Pool<OverlaidRows>();
  readonly #writer: RowWriter;
  /** Undefined where rows go in as they are. */
  readonly #preparation: RowPreparation | undefined;
  /** Rows that are held out, then the test set. */
  readonly #judged: ImageSet;

  constructor(
    readonly plan: Plan,
    readonly dataset: Dataset,
  ) {
    this.#writer = new RowWriter(plan.data);
    this.#judged = joined(dataset);
    if (RowPreparation.isNeeded(plan)) this.#preparation = new RowPreparation(plan, dataset.train);
  }

  /** The batches of an epoch from number `first` on, counted from 0. */
  *trainRows(epoch: number, first: number): Generator<Rows> {
    const { seed, batch: pairs, batchesPerEpoch, negatives } = this.plan;
    const { imagesPerPair, write } = negativesOf(negatives);
    const order = permutation(keyFor(seed, 'order', epoch), this.dataset.train.count);
    for (let batch = first; batch < batchesPerEpoch; batch++) {
      const chosen = order.subarray(batch * pairs, (batch + 1) * pairs);
      const { item: rows, release } = this.#lend(imagesPerPair * pairs, 2 / imagesPerPair);
      write(this.#pairs(rows, epoch, chosen));
      const counts = { positive: pairs, negative: pairs, neutral: 0 };
      yield { kind: 'rows', purpose: 'train', epoch, batch, ...counts, blocks: rows.blocks(), release };
    }
  }

  /** The rows that are held out, and then the test set, under every label. */
  *scoreRows(epoch: number): Generator<Rows> {
    const judged = this.#judged;
    const images = imagesPerScoreFrame(this.plan);
    for (let first = 0, batch = 0; first < judged.count; first += images, batch++) {
      yield this.#scoreRows(judged, first, Math.min(first + images, judged.count), epoch, batch);
    }
  }

  /** Rows `first` to `end` (excluded) of any set, each under its own label. */
  labelledRows(set: ImageSet, first: number, end: number): Rows {
    const count = end - first;
    const { item: rows, release } = this.#lend(count, 1);
    for (let image = 0; image < count; image++) {
      this.#writeJudged(rows, image, set, first + image);
      rows.label(image, 0, set.labels[first + image] as number);
    }
    const head = { kind: 'rows', purpose: 'score', epoch: 1, batch: 0, positive: 0, negative: 0 } as const;
    return { ...head, neutral: count, blocks: rows.blocks(), release };
  }

  /** Rows `first` to `end` (excluded) of any set under every label. */
  judgedRows(set: ImageSet, first: number, end: number): Rows {
    return this.#scoreRows(set, first, end, 1, 0);
  }

  /** An image of the test set under every label, to be looked at. @param batches of the epoch that have passed */
  lookRows(look: LookRequest, epoch: number, batches: number): Rows {
    const { test } = this.dataset;
    return { ...this.#scoreRows(test, look.image, look.image + 1, epoch, batches), purpose: 'look', look };
  }

  /** What negatives write a batch to. */
  #pairs(rows: OverlaidRows, epoch: number, chosen: Uint32Array): PairWriter {
    const { train } = this.dataset;
    const { height, width } = this.plan.data;
    const [writer, prepared] = [this.#writer, this.#preparation];
    return {
      ...{ chosen, labels: train.labels, epoch, classes: classesOf(this.plan), height, width },
      key: keyFor(this.plan.seed, 'negatives'),
      image: (place, row) => {
        const at = place * writer.inputs;
        if (prepared === undefined) return writer.row(rows.images, at, train, row);
        writer.row(rows.images, at, { images: prepared.training(train, epoch, row) }, 0);
      },
      hybrid: (place, a, b, mask) => {
        const at = place * writer.inputs;
        if (prepared === undefined) return writer.hybrid(rows.images, at, train, a, b, mask);
        writer.hybrid(rows.images, at, { images: prepared.training(train, epoch, a, b) }, 0, 1, mask);
      },
      label: (place, copy, label) => rows.label(place, copy, label),
    };
  }

  /** Images `first` to `end` (excluded) under the first label, then all of them under the next, and the true labels. */
  #scoreRows(set: ImageSet, first: number, end: number, epoch: number, batch: number): Rows {
    const count = end - first;
    const classes = classesOf(this.plan);
    const size = pictureSize(this.plan);
    const { item: rows, release } = this.#lend(count, classes);
    const pictures = new Uint8Array(count * size);
    for (let image = 0; image < count; image++) {
      this.#writeJudged(rows, image, set, first + image);
      for (let label = 0; label < classes; label++) rows.label(image, label, label);
      writePicture(pictures, image * size, set, first + image, this.plan.data);
    }
    const carried: Block[] = [
      { name: BLOCKS.labels, type: 'u8', shape: [count, 1], data: set.labels.slice(first, end) },
      { name: BLOCKS.pictures, type: 'u8', shape: [count, size], data: pictures },
    ];
    const counts = { positive: 0, negative: 0, neutral: count * classes };
    return { kind: 'rows', purpose: 'score', epoch, batch, ...counts, blocks: [...rows.blocks(), ...carried], release };
  }

  #writeJudged({ images }: OverlaidRows, place: number, set: ImageSet, row: number): void {
    const at = place * this.#writer.inputs;
    if (this.#preparation === undefined) this.#writer.row(images, at, set, row);
    else this.#writer.row(images, at, { images: this.#preparation.judged(set, row) }, 0);
  }

  #lend(images: number, copies: number): Lent<OverlaidRows> {
    return this.#rows.take(`${images} ${copies}`, () => new OverlaidRows(images, copies, this.#writer));
  }
}

/** The rows that are held out and the test set, one after the other. */
function joined({ validation, test }: Dataset): ImageSet {
  if (validation === undefined) return test;
  const join = <Each extends Uint8Array | Float32Array>(
    into: Each,
    a: ArrayLike<number>,
    b: ArrayLike<number>,
  ): Each => {
    into.set(a);
    into.set(b, a.length);
    return into;
  };
  const length = validation.images.length + test.images.length;
  const images = test.images instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  const count = validation.count + test.count;
  return {
    images: join(images, validation.images, test.images),
    labels: join(new Uint8Array(count), validation.labels, test.labels),
    count,
  };
}
