import * as z from 'zod';

/** The element types that a block of a frame may have, and their sizes in bytes. */
export const ELEMENT_BYTES = { f32: 4, f64: 8, u8: 1 } as const;

/** A named matrix inside a frame, row-major. */
export type Block =
  | {
      readonly name: string;
      readonly type: 'f32';
      readonly shape: readonly [number, number];
      readonly data: Float32Array;
    }
  | {
      readonly name: string;
      readonly type: 'f64';
      readonly shape: readonly [number, number];
      readonly data: Float64Array;
    }
  | {
      readonly name: string;
      readonly type: 'u8';
      readonly shape: readonly [number, number];
      readonly data: Uint8Array;
    };

const count = z.number().int().min(0).max(0xffff_ffff);

/** A request to look at what the network makes of a test image. `id` is the coordinator's, `image` counts from 0. */
export const lookRequest = z.strictObject({ id: count, image: count });
export type LookRequest = z.infer<typeof lookRequest>;

/**
 * `train` rows are learned from; `score` rows are only passed forward, to be judged; `look` rows too, and layers add what they make
 * of them; `rank` rows are those of the training set, to be passed forward for the feeder to draw hard negatives by.
 */
const purpose = z.enum(['train', 'score', 'look', 'rank']);

const rowsHeader = z.strictObject({
  kind: z.literal('rows'),
  purpose,
  epoch: count,
  /** Counted from 0 within the epoch, the evaluation or the ranking; of `look` rows, the training batch of the epoch that follows. */
  batch: count,
  /** The rows come in this order: positive, negative, neutral. Positive row i and negative row i are a pair.
   * Neutral rows have no label, or each of them. */
  positive: count,
  negative: count,
  neutral: count,
  /** When the first training frame left the feeder, in milliseconds since 1970. For reports only. */
  sentAt: z.number().optional(),
  /** Of `look` rows, which they answer. */
  look: lookRequest.optional(),
});
const soundRowsHeader = rowsHeader.refine(
  ({ purpose, look }) => (purpose === 'look') === (look !== undefined),
  'rows are for a look exactly if they say for which',
);

const barrierHeader = z.strictObject({
  kind: z.literal('barrier'),
  order: z.discriminatedUnion('type', [
    /** All training rows of the epoch have passed. */
    z.strictObject({ type: z.literal('epoch-end'), epoch: count, batches: count }),
    /** Score rows of the test set follow, until `evaluated`. */
    z.strictObject({ type: z.literal('evaluate'), epoch: count }),
    z.strictObject({ type: z.literal('evaluated'), epoch: count }),
    /**
     * Each layer adds blocks with what it has measured since the last one, for the evaluator to report. `step` is the
     * training batches of the whole run before it.
     */
    z.strictObject({ type: z.literal('observe'), step: count }),
    /** Every stage stores what it takes to go on from this point of the stream. `step` as above. */
    z.strictObject({ type: z.literal('snapshot'), step: count }),
    /** Every stage that has learned something stores it, as it is at this point of the stream. */
    z.strictObject({ type: z.literal('store-model') }),
    /** The last frame of a stream. */
    z.strictObject({ type: z.literal('end'), outcome: z.enum(['completed', 'stopped']) }),
  ]),
});

const sumsHeader = z.strictObject({
  kind: z.literal('sums'),
  /** Which rows they are of: the three are those of the frame of rows. */
  purpose,
  epoch: count,
  batch: count,
});

/** Where in the life of a run a frame belongs: frames of an older incarnation or generation are dropped. */
const envelope = z.strictObject({
  run: z.string().max(100),
  incarnation: count,
  generation: count,
  /** Counted from 0 on each link, in each direction and in each generation, without gaps. */
  sequence: z.number().int().nonnegative(),
});

const blockHeader = z.strictObject({
  name: z.string().min(1).max(64),
  type: z.enum(['f32', 'f64', 'u8']),
  shape: z.tuple([count, count]),
});

/** What precedes the blocks on the wire. */
export const wireHeader = z.strictObject({
  envelope,
  frame: z.discriminatedUnion('kind', [soundRowsHeader, barrierHeader, sumsHeader]),
  blocks: z
    .array(blockHeader)
    .max(1024)
    .refine(
      (blocks) => new Set(blocks.map(({ name }) => name)).size === blocks.length,
      'two blocks have the same name',
    ),
});

export type Envelope = z.infer<typeof envelope>;
export type WireHeader = z.infer<typeof wireHeader>;
export type BarrierOrder = z.infer<typeof barrierHeader>['order'];
/** An order in line with the rows. */
export type Barrier = z.infer<typeof barrierHeader> & {
  /** What stages have put on it for those behind them; left out where there is nothing. */
  readonly blocks?: readonly Block[];
};
/** Rows on their way through the pipeline. */
export type Rows = z.infer<typeof rowsHeader> & {
  readonly blocks: readonly Block[];
  /**
   * Called by whoever takes the frame's input blocks out of the stream, when it no longer reads them: who made them may
   * then write their memory again. Left out where the memory is not used again.
   */
  readonly release?: () => void;
};
/** One message of a pipeline's link: rows, or an order that travels in line with them. */
export type Frame = Rows | Barrier;
/** What a shard has summed up over blocks of its units for the rows of a frame, for the other shards of its layer. */
export type Sums = z.infer<typeof sumsHeader> & { readonly blocks: readonly Block[] };
/** Whatever has a form on the wire. */
export type LinkMessage = Frame | Sums;

/** How many rows a frame has, of all kinds. */
export function rowCount({ positive, negative, neutral }: Pick<Rows, 'positive' | 'negative' | 'neutral'>): number {
  return positive + negative + neutral;
}

/** The block of this name and type. @returns undefined where the frame has none */
export function findBlock<Type extends Block['type']>(
  { blocks = [] }: { readonly blocks?: readonly Block[] },
  name: string,
  type: Type,
): Extract<Block, { type: Type }> | undefined {
  const block = blocks.find((candidate) => candidate.name === name);
  return block?.type === type ? (block as Extract<Block, { type: Type }>) : undefined;
}

/** Tells the maker of a frame that the memory of its rows can be written again. */
export function releaseRows(frame: Frame): void {
  if (frame.kind === 'rows') frame.release?.();
}
