import { isDeepStrictEqual } from 'node:util';
import { blocksOfObservation, blocksOfRows, piecesOf } from '@layerline/plan';
import type { Plan, PlannedBlock, StagePlan } from '@layerline/plan';
import { ProtocolError, releaseRows } from '@layerline/protocol';
import type { Block, Frame } from '@layerline/protocol';
import { copyColumns } from './copy-columns.js';
import { describeFrame } from './expected-stream.js';
import { readBlocks } from './planned-blocks.js';
import type { DataOf } from './planned-blocks.js';
import { Pool } from './pool.js';

/** What one shard has sent of a frame. */
interface Piece {
  readonly producer: StagePlan;
  readonly frame: Frame;
}

/** Puts the frames that the shards of a layer send together to those that the layer would send if it were not cut. */
export class Gather {
  readonly #rows = new Pool<Float32Array>();
  readonly #units: number;
  readonly #passed: number;

  /** @param producers the shards, in the order of their units */
  constructor(
    readonly plan: Plan,
    readonly producers: readonly StagePlan[],
  ) {
    const layer = producers[0]?.layer ?? 0;
    this.#units = plan.layers[layer]?.units ?? 0;
    this.#passed = layer + 1;
  }

  /**
   * The frames of the whole layer. Reads one from each input, then the next.
   * @param inputs one for each producer
   * @throws what an input has failed with, ProtocolError where producers disagree or send other blocks than the plan has
   */
  async *frames(inputs: readonly AsyncIterable<Frame>[]): AsyncGenerator<Frame> {
    const readers = inputs.map((input) => input[Symbol.asyncIterator]());
    try {
      for (;;) {
        const results = await Promise.all(readers.map((reader) => reader.next()));
        const pieces = results.flatMap(({ done, value }, place): Piece[] => {
          return done === true ? [] : [{ producer: this.producers[place] as StagePlan, frame: value }];
        });
        // They end in the same place, or one has sent a frame more than the others, which nobody waits for.
        if (pieces.length < readers.length) return;
        yield this.#join(pieces);
      }
    } finally {
      // One that is waiting for a frame takes note of this when its link ends.
      for (const reader of readers) void reader.return?.().catch(() => undefined);
    }
  }

  #join(pieces: readonly Piece[]): Frame {
    const [{ frame: first, producer }] = pieces as [Piece];
    const odd = pieces.find(({ frame }) => !isDeepStrictEqual(headOf(frame), headOf(first)));
    if (odd !== undefined) {
      throw new ProtocolError(
        `${odd.producer.stage} sent ${describeFrame(odd.frame)} beside ${describeFrame(first)} of ${producer.stage}`,
      );
    }
    const planned = this.#planned(first);
    const sources = pieces.map(({ frame, producer: { stage, range } }) => {
      return readBlocks(frame, piecesOf(planned, this.#units, range), stage);
    });
    let release: (() => void) | undefined;
    const blocks = planned.map((block): Block => {
      if (block.cut === 'columns') {
        const { item: data, release: giveBack } = this.#rows.take(block.shape.join(' '), () => {
          return new Float32Array(block.shape[0] * block.shape[1]);
        });
        release = giveBack;
        this.#joinColumns(block, sources, data);
        return { name: block.name, type: 'f32', shape: block.shape, data };
      }
      if (block.cut === 'rows') return joinRows(block, sources);
      return { ...first.blocks?.find(({ name }) => name === block.name) } as Block;
    });
    for (const { frame } of pieces) releaseRows(frame);
    if (first.kind === 'barrier') return blocks.length === 0 ? first : { ...first, blocks };
    return { ...first, blocks, ...(release !== undefined && { release }) };
  }

  #planned(frame: Frame): PlannedBlock[] {
    if (frame.kind === 'rows') return blocksOfRows(this.plan, this.#passed, frame);
    return frame.order.type === 'observe' ? blocksOfObservation(this.plan, this.#passed) : [];
  }

  /** Copies each shard's columns to their place among all. */
  #joinColumns({ name, shape: [rows, width] }: PlannedBlock, sources: readonly DataOf[], into: Float32Array): void {
    sources.forEach((dataOf, place) => {
      const { range } = this.producers[place] as StagePlan;
      copyColumns(dataOf(name, 'f32'), rows, into, width, range?.from ?? 0);
    });
  }
}

function joinRows({ name, shape }: PlannedBlock, sources: readonly DataOf[]): Block {
  const data = new Float64Array(shape[0] * shape[1]);
  let at = 0;
  for (const dataOf of sources) {
    const rows = dataOf(name, 'f64');
    data.set(rows, at);
    at += rows.length;
  }
  return { name, type: 'f64', shape, data };
}

/** What frames that belong together have in common. */
function headOf(frame: Frame): object {
  if (frame.kind === 'barrier') return frame.order;
  const { blocks: _, release: _release, ...head } = frame;
  return head;
}
