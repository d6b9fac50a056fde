import { blocksOf, LOGITS, sumsName } from '@layerline/forward-forward';
import type { UnitRange } from '@layerline/forward-forward';
import { blocksOfSums, shardsOf } from '@layerline/plan';
import type { Plan, PlannedBlock, StagePlan } from '@layerline/plan';
import { ProtocolError } from '@layerline/protocol';
import type { Block, Rows, Sums } from '@layerline/protocol';
import type { StageServices } from '@layerline/stage';
import { concatenated } from './concatenated.js';
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
    const { range: ownRange } = stage;
    const planned = ownRange === undefined ? [] : blocksOfSums(plan, layer, ownRange, rows);
    const mine: Sums = { ...head, blocks: toBlocks(own, planned) };
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
      const theirs = Object.keys(own).map((name) => [name, dataOf(sumsName(name), 'f32')] as const);
      all[place] = { range, sums: Object.fromEntries(theirs) };
    });
    return joinSums(plan.layers[layer]?.units ?? 0, all);
  };
}

/** The blocks of a message, of which each has so many blocks of units. */
function toBlocks(own: BlockSums, planned: readonly PlannedBlock[]): Block[] {
  return planned.flatMap(({ name, shape }): Block[] => {
    const data = Object.entries(own).find(([sum]) => sumsName(sum) === name)?.[1];
    return data === undefined ? [] : [{ name, type: 'f32', shape, data }];
  });
}

/** The sums of all blocks of a layer, in the order of its units. */
export function joinSums(
  units: number,
  shards: readonly { readonly range: UnitRange; readonly sums: BlockSums }[],
): BlockSums {
  const width = blocksOf(units).length;
  const places = shards.map(({ range }) => blocksOf(units, range).length);
  const joined = Object.keys(shards[0]?.sums ?? {}).map((name) => {
    const parts = shards.map(({ sums }) => sums[name] ?? new Float32Array());
    // Whose blocks are stacked.
    if (name === LOGITS) return [name, concatenated(parts)] as const;
    const rows = (parts[0]?.length ?? 0) / (places[0] ?? 1);
    const all = new Float32Array(rows * width);
    let first = 0;
    parts.forEach((part, shard) => {
      copyColumns(part, rows, all, width, first);
      first += places[shard] ?? 0;
    });
    return [name, all] as const;
  });
  return Object.fromEntries(joined);
}
