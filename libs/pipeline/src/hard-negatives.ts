import { blocksOfScores, BLOCKS, classesOf, countedLayers, imagesOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { ProtocolError } from '@layerline/protocol';
import type { Frame, Rows } from '@layerline/protocol';
import * as z from 'zod';
import type { Judged } from './evaluation.js';
import { allFinite } from './finite.js';
import { readBlocks } from './planned-blocks.js';
import { byClass, sumOf } from './scores.js';

/** How much likelier a label is whose goodness is higher by a standard deviation of all: by the factor e^4. */
const STEEPNESS = 4;
/** The weight of the likeliest wrong label of a row. */
const MOST = 255;

/** The feeder's part of a snapshot, besides its step. */
export const feederState = z.object({
  /** The weights that hard negatives are drawn by: base64 of a byte for each row and class. */
  hard: z.base64().optional(),
});
export type FeederState = z.infer<typeof feederState>;

/**
 * What hard negatives are drawn by: for each training row the weights of all classes, from the last time that the evaluator has
 * told what speaks for each. Between two rankings it stays as it is.
 */
export class HardNegatives {
  /** [rows, classes], relative to the others of the row; undefined before the first ranking. */
  #weights: Uint8Array | undefined;

  /** @param labels of all training rows @param before what a snapshot has kept */
  constructor(
    readonly plan: Plan,
    readonly labels: Uint8Array,
    before: FeederState = {},
  ) {
    if (before.hard !== undefined) this.#weights = new Uint8Array(Buffer.from(before.hard, 'base64'));
  }

  get weights(): Uint8Array | undefined {
    return this.#weights;
  }

  get state(): FeederState {
    return this.#weights === undefined ? {} : { hard: Buffer.from(this.#weights).toString('base64') };
  }

  /**
   * Takes the answers to all rows of a ranking, and then draws by them.
   * @returns whether all have come, and not the end of the stream before
   * @throws ProtocolError where they are not those that are due
   */
  async take(answers: AsyncIterator<Frame>): Promise<boolean> {
    const classes = classesOf(this.plan);
    const scores = new Float32Array(this.labels.length * classes);
    for (let batch = 0, at = 0; at < scores.length; batch++) {
      const next = await answers.next();
      if (next.done === true || isEnd(next.value)) return false;
      const frame = next.value;
      if (frame.kind !== 'rows' || frame.purpose !== 'rank' || frame.batch !== batch) {
        throw new ProtocolError(`evaluator sent something else than the scores of ranked batch ${batch + 1}`);
      }
      const planned = blocksOfScores(this.plan, imagesOf(this.plan, frame));
      const read = readBlocks(frame, planned, 'evaluator')(BLOCKS.scores, 'f32');
      if (at + read.length > scores.length || read.length === 0 || !allFinite(read)) {
        throw new ProtocolError(`evaluator sent scores of ranked batch ${batch + 1} that make no sense`);
      }
      scores.set(read, at);
      at += read.length;
    }
    const steepness = this.plan.hard?.by === 'readout' ? 1 : STEEPNESS / deviationOf(scores);
    this.#weights = weightsOf(scores, this.labels, classes, steepness);
    return true;
  }
}

/**
 * What speaks for each class of ranked rows, as the evaluator tells it: goodness or logits, added up over the layers that classify.
 * @param trained places of the layers that learn
 */
export function scoresFrame(plan: Plan, trained: readonly number[], rows: Rows, { goodness, logits }: Judged): Rows {
  const images = imagesOf(plan, rows);
  const isRead = plan.hard?.by === 'readout';
  const counted = countedLayers(plan, trained).flatMap((place) => (isRead ? logits : goodness)[place] ?? []);
  const sum = sumOf(counted, images * classesOf(plan));
  // Goodness comes with all images under one label first.
  const data = isRead ? sum : byClass(sum, classesOf(plan));
  const { release: _, ...header } = rows;
  const blocks = blocksOfScores(plan, images).map(({ name, shape }) => ({ name, type: 'f32', shape, data }) as const);
  return { ...header, blocks };
}

/** The last frame of a stream. */
export function isEnd(frame: Frame): boolean {
  return frame.kind === 'barrier' && frame.order.type === 'end';
}

/**
 * Weights in proportion to e^(steepness × score), the greatest of each row's wrong labels being 255.
 * @param scores [rows, classes] @param labels the true ones, whose weights are 0
 */
export function weightsOf(scores: Float32Array, labels: Uint8Array, classes: number, steepness: number): Uint8Array {
  const weights = new Uint8Array(scores.length);
  for (const [row, label] of labels.entries()) {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    const most = own.reduce((best, score, each) => (each === label ? best : Math.max(best, score)), -Infinity);
    for (const [each, score] of own.entries()) {
      if (each !== label) weights[row * classes + each] = Math.round(MOST * Math.exp(steepness * (score - most)));
    }
  }
  return weights;
}

/** The standard deviation of numbers; 1 where they are all the same. */
function deviationOf(numbers: Float32Array): number {
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const variance = numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0) / numbers.length;
  return variance > 0 ? Math.sqrt(variance) : 1;
}
