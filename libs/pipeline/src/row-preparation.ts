import { rowSize } from '@layerline/datasets';
import type { ImageSet } from '@layerline/datasets';
import { bits, fold, integer } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import type { Plan } from '@layerline/plan';
import { keyFor } from './randomness.js';

/** Draws of one row in one epoch. */
const DRAW = { across: 0, down: 1, flip: 2 } as const;
const DROPOUT = 0x64_726f_70;
const LEVELS = 2 ** 16;
/** A column whose values hardly differ is only moved to a mean of 0. */
const LEAST_DEVIATION = 1e-6;

/**
 * Does to rows what a plan wants done before a label is put on them: moves and mirrors training pictures, standardizes, and
 * leaves out inputs of training rows. Drawn for each epoch and row, once for whatever is made of an image.
 */
export class RowPreparation {
  readonly #size: number;
  readonly #key: RandomKey;
  readonly #statistics: Statistics | undefined;
  readonly #row: Float32Array;

  /** @param train the rows that statistics are taken of */
  constructor(
    readonly plan: Pick<Plan, 'data' | 'preparation' | 'seed'>,
    train: ImageSet,
  ) {
    this.#size = rowSize(plan.data);
    this.#key = keyFor(plan.seed, 'preparation');
    this.#row = new Float32Array(this.#size);
    if (plan.preparation.standardize) this.#statistics = statisticsOf(train, columnsOf(plan));
  }

  /** Whether training rows go in as they are. */
  static isNeeded({ preparation: { standardize, shift, flip, dropout } }: Pick<Plan, 'preparation'>): boolean {
    return standardize || shift > 0 || flip || dropout > 0;
  }

  /** What each column of a row is standardized by: the mean taken off, then times the factor. Undefined where none is. */
  get standardization(): { readonly means: Float32Array; readonly factors: Float32Array } | undefined {
    const statistics = this.#statistics;
    if (statistics === undefined) return undefined;
    const ofColumns = (values: Float64Array): Float32Array =>
      Float32Array.from({ length: this.#size }, (_, at) => values[at % values.length] as number);
    return { means: ofColumns(statistics.means), factors: ofColumns(statistics.factors) };
  }

  /** Training rows of an epoch, one after the other. */
  training(set: ImageSet, epoch: number, ...rows: readonly number[]): Float32Array {
    const prepared = new Float32Array(rows.length * this.#size);
    rows.forEach((row, place) => {
      const into = prepared.subarray(place * this.#size, (place + 1) * this.#size);
      const key = fold(this.#key, epoch, row);
      readRow(set, row, this.#row);
      this.#move(key, into);
      this.#standardize(into);
      this.#dropOut(key, into);
    });
    return prepared;
  }

  /** A row that is judged. */
  judged(set: ImageSet, row: number): Float32Array {
    const prepared = new Float32Array(this.#size);
    readRow(set, row, prepared);
    this.#standardize(prepared);
    return prepared;
  }

  /** Moves a picture; what comes in from outside is background. */
  #move(key: RandomKey, into: Float32Array): void {
    const { shift, flip } = this.plan.preparation;
    const { height, width, channels } = this.plan.data;
    const across = shift === 0 ? 0 : integer(key, DRAW.across, 2 * shift + 1) - shift;
    const down = shift === 0 ? 0 : integer(key, DRAW.down, 2 * shift + 1) - shift;
    const isMirrored = flip && integer(key, DRAW.flip, 2) === 1;
    if (across === 0 && down === 0 && !isMirrored) return into.set(this.#row);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [fromY, before] = [y - down, x - across];
        const fromX = isMirrored ? width - 1 - before : before;
        const isInside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
        for (let channel = 0; channel < channels; channel++) {
          const at = (y * width + x) * channels + channel;
          into[at] = isInside ? (this.#row[(fromY * width + fromX) * channels + channel] as number) : 0;
        }
      }
    }
  }

  #standardize(row: Float32Array): void {
    const statistics = this.#statistics;
    if (statistics === undefined) return;
    const { means, factors } = statistics;
    for (let at = 0; at < row.length; at++) {
      const column = at % means.length;
      row[at] = ((row[at] as number) - (means[column] as number)) * (factors[column] as number);
    }
  }

  #dropOut(key: RandomKey, row: Float32Array): void {
    const { dropout } = this.plan.preparation;
    if (dropout === 0) return;
    const own = fold(key, DROPOUT);
    const limit = Math.round(dropout * LEVELS);
    for (let at = 0; at < row.length; at++) {
      if ((bits(own, at) & (LEVELS - 1)) < limit) row[at] = 0;
    }
  }
}

interface Statistics {
  readonly means: Float64Array;
  readonly factors: Float64Array;
}

/** The columns that are standardized apart: a table's, or the channels of pictures. */
function columnsOf({ data }: Pick<Plan, 'data'>): number {
  return data.kind === 'table' ? rowSize(data) : data.channels;
}

function statisticsOf({ images }: ImageSet, columns: number): Statistics {
  const scale = images instanceof Uint8Array ? 255 : 1;
  const [sums, squares] = [new Float64Array(columns), new Float64Array(columns)];
  for (let at = 0; at < images.length; at++) {
    const value = (images[at] as number) / scale;
    const column = at % columns;
    sums[column] = (sums[column] as number) + value;
    squares[column] = (squares[column] as number) + value * value;
  }
  const count = images.length / columns;
  const means = sums.map((sum) => sum / count);
  const factors = squares.map((square, column) => {
    const variance = square / count - (means[column] as number) ** 2;
    return 1 / Math.max(LEAST_DEVIATION, Math.sqrt(Math.max(0, variance)));
  });
  return { means, factors };
}

function readRow({ images }: ImageSet, row: number, into: Float32Array): void {
  const from = row * into.length;
  const scale = images instanceof Uint8Array ? 255 : 1;
  for (let at = 0; at < into.length; at++) into[at] = (images[from + at] as number) / scale;
}
