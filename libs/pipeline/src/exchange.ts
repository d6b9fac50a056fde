import { blocksOf } from '@layerline/forward-forward';
import type { UnitRange } from '@layerline/forward-forward';
import { BLOCKS, blocksOfSums, shardsOf } from '@layerline/plan';
import type { Plan, StagePlan } from '@layerline/plan';
import { ProtocolError, rowCount } from '@layerline/protocol';
import type { Block, Rows, Sums } from '@layerline/protocol';
import type { StageServices } from '@layerline/stage';
import { copyColumns } from './copy-columns.js';
import type { BlockSums, Exchange } from './forward.js';
import { readBlocks } from './planned-blocks.js';

/**
 * How a shard gets the sums of the whole layer for some rows: it tells the others its own, and puts theirs beside them.
 * @throws ProtocolError where another shard is at other rows, or sends what is not in the plan
 */
export function exchangeOf(plan: Plan, stage: StagePlan, rows: Rows, exchange: StageServices['exchange']): Exchange {
  const { layer = 0 } = stage;
  const { purpose, epoch, batch } = rows;
  const head = { kind: 'sums', purpose, epoch, batch } as const;
  return async (own) => {
    const mine: Sums = { ...head, blocks: toBlocks(own, rowCount(rows)) };
    const others = await exchange(mine);
    const shards = shardsOf(plan, layer);
    const all = shards.map(({ range }) => ({ range, sums: own }));
    const peers = shards.flatMap((shard, place) => (shard.stage === stage.stage ? [] : [{ ...shard, place }]));
    peers.forEach(({ stage: peer, range, place }, index) => {
      const sums = others[index] as Sums;
      if (sums.purpose !== purpose || sums.epoch !== epoch || sums.batch !== batch) {
        throw new ProtocolError(
          `${peer} sent sums of ${sums.purpose} batch ${sums.batch + 1} of epoch ${sums.epoch}, where those of ${purpose} ` +
            `batch ${batch + 1} of epoch ${epoch} were due`,
        );
      }
      const dataOf = readBlocks(sums, blocksOfSums(plan, layer, range, rows), peer);
      const squares = dataOf(BLOCKS.squareSums, 'f32');
      all[place] = { range, sums: { squares, activity: own.activity && dataOf(BLOCKS.activitySums, 'f32') } };
    });
    return joinSums(plan.layers[layer]?.units ?? 0, rowCount(rows), all);
  };
}

function toBlocks({ squares, activity }: BlockSums, rows: number): Block[] {
  const block = (name: string, data: Float32Array, count: number): Block => {
    return { name, type: 'f32', shape: [count, data.length / count], data };
  };
  const sums = [block(BLOCKS.squareSums, squares, rows)];
  return activity === undefined ? sums : [...sums, block(BLOCKS.activitySums, activity, 1)];
}

/** The sums of all blocks of a layer, in the order of its units. */
export function joinSums(
  units: number,
  rows: number,
  shards: readonly { readonly range: UnitRange; readonly sums: BlockSums }[],
): BlockSums {
  const width = blocksOf(units).length;
  const squares = new Float32Array(rows * width);
  const activity = shards[0]?.sums.activity && new Float32Array(width);
  let first = 0;
  for (const { range, sums } of shards) {
    copyColumns(sums.squares, rows, squares, width, first);
    if (activity !== undefined && sums.activity !== undefined) copyColumns(sums.activity, 1, activity, width, first);
    first += blocksOf(units, range).length;
  }
  return { squares, activity };
}
