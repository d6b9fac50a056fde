import type { StepScalars } from '@layerline/forward-forward';

/** Sums over the blocks of a range of units: what shards of a layer exchange, by the names of `exchangedSums`. */
export type BlockSums = Readonly<Record<string, Float32Array>>;

/** Gives a shard's sums to the other shards of its layer, and gets those of all units. */
export type Exchange = (own: BlockSums) => Promise<BlockSums>;

/** What a forward pass is asked for, beside goodness. */
export interface ForwardOptions {
  /** Keep what {@link Layer.learn} needs. */
  readonly learn: boolean;
  /** Of dropout, [rows, width]; nothing is dropped without it. Ignored where nothing is learned. */
  readonly mask?: Float32Array | undefined;
  /** Of the readout's dropout, [rows that it reads, width], as `mask`. */
  readonly readoutMask?: Float32Array | undefined;
  /** Return the input of the next layer. */
  readonly normalized: boolean;
  /** Needed by a shard, and not used by a whole layer. */
  readonly exchange?: Exchange | undefined;
}

/** What comes out of a forward pass. */
export interface ForwardResult {
  /** One number a row. */
  readonly goodness: Float32Array;
  /** Of the rows that the layer's readout reads, [rows, classes]: its own. Undefined where it reads none. */
  readonly logits: Float32Array | undefined;
  /** Undefined unless it was asked for. */
  readonly normalized: Normalized | undefined;
}

/** The input of the next layer. */
export interface Normalized {
  /** [rows, width], the layer's rows being at mean square 1. */
  readonly data: Float32Array;
  /** Lets the layer reuse the memory of `data`. */
  readonly release: () => void;
}

/** What a readout learns from, besides the rows. */
export interface ReadoutLesson {
  readonly scalars: StepScalars;
  /** The classes of the rows that it reads, one-hot, [rows, classes]. */
  readonly targets: Float32Array;
  /** The sum of the logits of the layers before, [rows, classes]; for a readout that cascades. */
  readonly before: Float32Array | undefined;
}
