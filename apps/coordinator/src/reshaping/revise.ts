import type { Change } from '@layerline/api';
import type { Revision } from '@layerline/checkpoint';
import { checkShards, layerName, settleShards, shardCount, sharesOf, stagesOf } from '@layerline/plan';
import { NothingToChangeError, UnknownStageError } from './errors.js';
import type { RunRecord } from '../record/run-record.js';

/** What of a run is looked at to change its stages. */
export type Revisable = Pick<RunRecord, 'id' | 'plan' | 'config' | 'journal' | 'placement'>;

/** What is asked of a run's stages. */
export type Wish =
  | { readonly kind: 'scale'; readonly layer: string; readonly shards: number }
  | { readonly kind: 'move'; readonly stage: string; readonly node: string };

/** A change, and the revision of the plan that it makes. */
export interface Revised {
  readonly change: Change;
  readonly revision: Revision;
}

/**
 * Works out what a change makes of a run's plan.
 * @param placement the node of each stage now @param cores of each machine that takes part
 * @throws UnknownStageError, NothingToChangeError, ConfigError for a layer that cannot be cut so
 */
export function revise(
  run: Revisable,
  wish: Wish,
  placement: ReadonlyMap<string, string>,
  machines: readonly { readonly cores: number }[],
): Revised {
  const { plan, config, journal } = run;
  const number = (journal.revision?.number ?? 0) + 1;
  const shards = plan.layers.map((_, index) => shardCount(plan, index));
  if (wish.kind === 'move') {
    const { stage, node } = wish;
    const from = placement.get(stage);
    if (from === undefined) throw new UnknownStageError(run.id, stage, [...placement.keys()]);
    if (from === node) throw new NothingToChangeError(`${stage} is on ${node} already`);
    const change: Change = { kind: 'move', stage, from, to: node };
    const { threads } = plan.engine;
    return { change, revision: { number, shards, threads, placement: { ...run.placement, [stage]: node } } };
  }
  const index = plan.layers.findIndex((_, each) => layerName(each) === wish.layer);
  if (index < 0)
    throw new UnknownStageError(
      run.id,
      wish.layer,
      plan.layers.map((_, each) => layerName(each)),
    );
  const from = shards[index] as number;
  if (from === wish.shards) throw new NothingToChangeError(`${wish.layer} has ${inWords(from)} already`);
  checkShards(plan, index, wish.shards);
  const wanted = shards.map((count, each) => (each === index ? wish.shards : count));
  settleShards({ ...plan, shards: wanted });
  const { threads } = sharesOf({ ...config, shards: wanted }, machines);
  const stages = new Set(stagesOf({ ...plan, shards: wanted }).map(({ stage }) => stage));
  const names = plan.layers.map((_, each) => layerName(each));
  const kept = Object.entries(run.placement).filter(([name]) => stages.has(name) || names.includes(name));
  return {
    change: { kind: 'scale', layer: wish.layer, from, to: wish.shards },
    revision: { number, shards: wanted, threads, placement: Object.fromEntries(kept) },
  };
}

/** The revision that brings a plan back to what it is now. */
export function backTo({ plan, journal, placement }: Revisable, number: number): Revision {
  const shards = plan.layers.map((_, index) => shardCount(plan, index));
  const { threads } = journal.revision ?? plan.engine;
  return { number, shards, threads, placement: { ...placement } };
}

export function inWords(shards: number): string {
  return shards === 1 ? 'one shard' : `${shards} shards`;
}
