import { CLASSES, hybridMask, hybridPartner, PIXELS, wrongLabel, writeHybridRow, writeRow } from '@layerline/datasets';
import type { Dataset, ImageSet } from '@layerline/datasets';
import { normalizeRow } from '@layerline/forward-forward';
import { fold, permutation } from '@layerline/ops';
import type { BarrierOrder, Block, Frame, Rows } from '@layerline/protocol';
import type { Role } from '@layerline/stage';
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
      yield scoreRows(test, first, Math.min(first + images, test.count), epoch, batch);
    }
    yield barrier({ type: 'evaluated', epoch });
  }

  stop(): void {
    this.#stopped = true;
  }

  async close(): Promise<void> {}

  *#trainRows(epoch: number): Generator<Rows> {
    const { train } = this.dataset;
    const { seed, batch: pairs, batchesPerEpoch } = this.plan;
    const order = permutation(keyFor(seed, 'order', epoch), train.count);
    for (let batch = 0; batch < batchesPerEpoch; batch++) {
      const data = new Float32Array(2 * pairs * PIXELS);
      for (let pair = 0; pair < pairs; pair++) {
        const row = order[batch * pairs + pair] as number;
        writeRow(data, pair * PIXELS, train.images, row, train.labels[row] as number);
        this.#writeNegative(data, (pairs + pair) * PIXELS, epoch, row);
      }
      normalizeRows(data);
      const frame = rowsFrame('train', epoch, batch, { positive: pairs, negative: pairs, neutral: 0 }, [
        { name: 'activations', type: 'f32', shape: [2 * pairs, PIXELS], data },
      ]);
      yield epoch === 1 && batch === 0 ? { ...frame, sentAt: Date.now() } : frame;
    }
  }

  #writeNegative(out: Float32Array, offset: number, epoch: number, row: number): void {
    const { images, labels } = this.dataset.train;
    const key = keyFor(this.plan.seed, 'negatives');
    const label = labels[row] as number;
    if (this.plan.negatives === 'wrong') {
      writeRow(out, offset, images, row, wrongLabel(key, epoch, row, label));
    } else {
      hybridMask(fold(key, epoch, row), this.#mask);
      writeHybridRow(out, offset, images, row, hybridPartner(key, epoch, row, labels), this.#mask, label);
    }
  }
}

/** Rows of images `first` to `end` (excluded): each image under label 0, 1, … 9 in turn, and the true labels. */
function scoreRows(set: ImageSet, first: number, end: number, epoch: number, batch: number): Rows {
  const rows = (end - first) * CLASSES;
  const data = new Float32Array(rows * PIXELS);
  for (let row = 0; row < rows; row++) {
    writeRow(data, row * PIXELS, set.images, first + Math.floor(row / CLASSES), row % CLASSES);
  }
  normalizeRows(data);
  return rowsFrame('score', epoch, batch, { positive: 0, negative: 0, neutral: rows }, [
    { name: 'activations', type: 'f32', shape: [rows, PIXELS], data },
    { name: 'labels', type: 'u8', shape: [end - first, 1], data: set.labels.slice(first, end) },
  ]);
}

function normalizeRows(data: Float32Array): void {
  for (let offset = 0; offset < data.length; offset += PIXELS) normalizeRow(data, offset, PIXELS);
}

function rowsFrame(
  purpose: Rows['purpose'],
  epoch: number,
  batch: number,
  counts: Pick<Rows, 'positive' | 'negative' | 'neutral'>,
  blocks: Block[],
): Rows {
  return { kind: 'rows', purpose, epoch, batch, ...counts, blocks };
}

function barrier(order: BarrierOrder): Frame {
  return { kind: 'barrier', order };
}
