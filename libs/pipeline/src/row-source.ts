import { RowWriter, writePicture } from '@layerline/datasets';
import type { Dataset, ImageSet } from '@layerline/datasets';
import { negativesOf } from '@layerline/forward-forward';
import type { PairWriter } from '@layerline/forward-forward';
import { permutation } from '@layerline/ops';
import {
  BLOCKS,
  classesOf,
  copiesOf,
  hasPairs,
  hasReadouts,
  imagesOf,
  imagesPerFrame,
  isBlind,
  labelSquares,
  pictureSize,
  scoredLabels,
  trainingHead,
} from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Block, LookRequest, Rows } from '@layerline/protocol';
import { Pool } from './pool.js';
import type { Lent } from './pool.js';
import { OverlaidRows } from './overlaid-rows.js';
import { keyFor } from './randomness.js';
import { RowPreparation } from './row-preparation.js';

/** Makes the rows of a run out of its data set. They depend on the plan alone, on seed, epoch and row, and on the weights that hard
 * negatives are drawn by. */
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

  /**
   * The batches of an epoch from number `first` on, counted from 0.
   * @param weights of hard negatives, see {@link PairWriter.weights}
   */
  *trainRows(epoch: number, first: number, weights?: Uint8Array): Generator<Rows> {
    const { plan } = this;
    const { seed, batch: images, batchesPerEpoch } = plan;
    const head = trainingHead(plan);
    const shown = imagesOf(plan, head);
    const order = permutation(keyFor(seed, 'order', epoch), this.dataset.train.count);
    for (let batch = first; batch < batchesPerEpoch; batch++) {
      const chosen = order.subarray(batch * images, (batch + 1) * images);
      const { item: rows, release } = this.#lend(shown, (head.positive + head.negative + head.neutral) / shown);
      const writer = this.#writerFor(rows, epoch, chosen, weights);
      if (hasPairs(plan)) negativesOf(plan.negatives).write(writer);
      if (head.neutral > 0) writeNeutral(writer, chosen, shown);
      const blocks = rows.blocks();
      if (hasReadouts(plan)) blocks.push(this.#labels(chosen));
      yield { kind: 'rows', epoch, batch, ...head, blocks, release };
    }
  }

  /** All training rows in their order, to be ranked before an epoch: under every label, or without one for readouts. */
  *rankRows(epoch: number): Generator<Rows> {
    const { train } = this.dataset;
    const images = imagesPerFrame(this.plan, 'rank');
    for (let first = 0, batch = 0; first < train.count; first += images, batch++) {
      const end = Math.min(first + images, train.count);
      const { item: rows, release } = this.#lend(end - first, copiesOf(this.plan, 'rank'));
      this.#writeCopies(rows, train, first, this.plan.hard?.by === 'readout' ? 0 : classesOf(this.plan));
      const counts = { positive: 0, negative: 0, neutral: rows.count * rows.copies };
      yield { kind: 'rows', purpose: 'rank', epoch, batch, ...counts, blocks: rows.blocks(), release };
    }
  }

  /** The rows that are held out, and then the test set: under every label, and without one for readouts. */
  *scoreRows(epoch: number): Generator<Rows> {
    const judged = this.#judged;
    const images = imagesPerFrame(this.plan, 'score');
    for (let first = 0, batch = 0; first < judged.count; first += images, batch++) {
      yield this.#scoreRows(judged, first, Math.min(first + images, judged.count), epoch, batch);
    }
  }

  /** Rows `first` to `end` (excluded) of any set, each under its own label where layers learn with labels. */
  labelledRows(set: ImageSet, first: number, end: number): Rows {
    const count = end - first;
    const { item: rows, release } = this.#lend(count, 1);
    for (let image = 0; image < count; image++) {
      this.#writeJudged(rows, image, set, first + image);
      rows.label(image, 0, isBlind(this.plan) ? 'neutral' : (set.labels[first + image] as number));
    }
    const head = { kind: 'rows', purpose: 'score', epoch: 1, batch: 0, positive: 0, negative: 0 } as const;
    return { ...head, neutral: count, blocks: rows.blocks(), release };
  }

  /** Rows `first` to `end` (excluded) of any set, as {@link scoreRows} has them. */
  judgedRows(set: ImageSet, first: number, end: number): Rows {
    return this.#scoreRows(set, first, end, 1, 0);
  }

  /** An image of the test set as it is scored, to be looked at. @param batches of the epoch that have passed */
  lookRows(look: LookRequest, epoch: number, batches: number): Rows {
    const { test } = this.dataset;
    return { ...this.#scoreRows(test, look.image, look.image + 1, epoch, batches), purpose: 'look', look };
  }

  /** The classes of training rows. */
  #labels(chosen: Uint32Array): Block {
    const { labels } = this.dataset.train;
    const data = Uint8Array.from(chosen, (row) => labels[row] as number);
    return { name: BLOCKS.labels, type: 'u8', shape: [data.length, 1], data };
  }

  /** What negatives write a batch to. */
  #writerFor(rows: OverlaidRows, epoch: number, chosen: Uint32Array, weights: Uint8Array | undefined): PairWriter {
    const { train } = this.dataset;
    const { height, width } = this.plan.data;
    const [writer, prepared] = [this.#writer, this.#preparation];
    return {
      ...{
        chosen,
        epoch,
        weights,
        classes: classesOf(this.plan),
        rows: train.count,
        copies: rows.copies,
        height,
        width,
      },
      labels: isBlind(this.plan) ? undefined : train.labels,
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
      mean: (place, a, b) => {
        const at = place * writer.inputs;
        if (prepared === undefined) return writer.mean(rows.images, at, train, a, b);
        writer.mean(rows.images, at, { images: prepared.training(train, epoch, a, b) }, 0, 1);
      },
      label: (place, copy, label) => rows.label(place, copy, label),
    };
  }

  /** Images `first` to `end` (excluded) as they are scored, with their pictures and true labels. */
  #scoreRows(set: ImageSet, first: number, end: number, epoch: number, batch: number): Rows {
    const count = end - first;
    const copies = copiesOf(this.plan, 'score');
    const size = pictureSize(this.plan);
    const { item: rows, release } = this.#lend(count, copies);
    this.#writeCopies(rows, set, first, scoredLabels(this.plan));
    const pictures = new Uint8Array(count * size);
    for (let image = 0; image < count; image++)
      writePicture(pictures, image * size, set, first + image, this.plan.data);
    const carried: Block[] = [
      { name: BLOCKS.labels, type: 'u8', shape: [count, 1], data: set.labels.slice(first, end) },
      { name: BLOCKS.pictures, type: 'u8', shape: [count, size], data: pictures },
    ];
    const counts = { positive: 0, negative: 0, neutral: count * copies };
    return { kind: 'rows', purpose: 'score', epoch, batch, ...counts, blocks: [...rows.blocks(), ...carried], release };
  }

  /** Writes images of a set, all of them under each of the first labels, and then as often as there is room without one. */
  #writeCopies(rows: OverlaidRows, set: ImageSet, first: number, labels: number): void {
    for (let image = 0; image < rows.count; image++) {
      this.#writeJudged(rows, image, set, first + image);
      for (let copy = 0; copy < rows.copies; copy++) rows.label(image, copy, copy < labels ? copy : 'neutral');
    }
  }

  #writeJudged({ images }: OverlaidRows, place: number, set: ImageSet, row: number): void {
    const at = place * this.#writer.inputs;
    if (this.#preparation === undefined) this.#writer.row(images, at, set, row);
    else this.#writer.row(images, at, { images: this.#preparation.judged(set, row) }, 0);
  }

  #lend(images: number, copies: number): Lent<OverlaidRows> {
    return this.#rows.take(
      `${images} ${copies}`,
      () => new OverlaidRows(images, copies, this.#writer, labelSquares(this.plan)),
    );
  }
}

/** Writes the rows without a label that readouts learn from. @param shown images of the batch */
function writeNeutral(writer: PairWriter, chosen: Uint32Array, shown: number): void {
  const isShared = shown === chosen.length;
  chosen.forEach((row, place) => {
    // Where each row has an image of its own, they come last; else they are the last copies of the images that are there.
    const image = isShared ? place : shown - chosen.length + place;
    if (!isShared || writer.copies === 1) writer.image(image, row);
    writer.label(image, writer.copies - 1, 'neutral');
  });
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
