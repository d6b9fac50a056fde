import { BLOCKS, blocksOfLayer } from '@layerline/plan';
import type { Block, LinkIdentity, Rows } from '@layerline/protocol';

/** What a frame of training rows carries. */
export interface FrameShape {
  /** Pairs of a positive and a negative row. */
  readonly pairs: number;
  /** Columns of its activations; 0 for none, as behind the last layer. */
  readonly units: number;
  /** How many layers it has passed: each has added the goodness of the rows. */
  readonly layers: number;
}

/** The life of the run that the benchmark's links pretend to serve. Its run has a name as long as a real one. */
export const IDENTITY: LinkIdentity = { run: '2026-01-01T00-00-00-benchmark', incarnation: 1, generation: 1 };

/** A frame as stages send it, with numbers in it that mean nothing. */
export function trainingFrame({ pairs, units, layers }: FrameShape): Rows {
  const rows = 2 * pairs;
  const block = (name: string, columns: number): Block => {
    // Written, since memory that never was is not there yet, and costs nothing to send.
    const data = new Float32Array(rows * columns).fill(0.5);
    return { name, type: 'f32', shape: [rows, columns], data };
  };
  const goodness = Array.from({ length: layers }, (_, index) => block(blocksOfLayer(index).goodness, 1));
  const blocks = units === 0 ? goodness : [...goodness, block(BLOCKS.activations, units)];
  const counts = { positive: pairs, negative: pairs, neutral: 0 };
  return { kind: 'rows', purpose: 'train', epoch: 1, batch: 0, ...counts, blocks };
}
