import { blockUnits, cutUnits, mostShards } from '@layerline/forward-forward/unit-blocks';
import type { UnitRange } from '@layerline/forward-forward/unit-blocks';
import { ConfigError } from './errors.js';
import { layerName } from './layers.js';

/** What says how a network is cut: a plan, or a config. */
export interface Cut {
  /** Widths, or what has them. */
  readonly layers: readonly (number | { readonly units: number })[];
  /** `auto`, until it is settled for the machines that are there, is no cut. */
  readonly shards?: readonly number[] | 'auto' | undefined;
  readonly programs?: Readonly<Record<string, string>> | undefined;
}

/** A layer, or a part of one, that is a stage of its own. */
export interface Shard {
  /** `layer-2`, or `layer-2/1` where the layer has several. */
  readonly stage: string;
  readonly range: UnitRange;
}

/** The shards of a layer, in the order of their units; one where it is not cut. @param index from 0 */
export function shardsOf(cut: Cut, index: number): Shard[] {
  const name = layerName(index);
  const ranges = cutUnits(unitsOf(cut, index), shardCount(cut, index));
  return ranges.map((range, place) => ({ stage: ranges.length === 1 ? name : `${name}/${place + 1}`, range }));
}

/** Into how many shards a layer is cut. @param index from 0 */
export function shardCount({ shards = 'auto' }: Pick<Cut, 'shards'>, index: number): number {
  if (shards === 'auto') return 1;
  return (shards.length === 1 ? shards[0] : shards[index]) ?? 1;
}

/** The most shards that a layer can have: one, where it is a node's own program or next to one. @param index from 0 */
export function mostShardsOf(cut: Cut, index: number): number {
  const { programs = {} } = cut;
  const isForeign = [index - 1, index, index + 1].some((each) => layerName(each) in programs);
  return isForeign ? 1 : mostShards(unitsOf(cut, index));
}

/** The number of shards of each layer, as a plan has it: undefined where no layer is cut. @throws ConfigError */
export function settleShards(cut: Cut): number[] | undefined {
  const { layers, shards, programs = {} } = cut;
  if (shards === undefined || shards === 'auto') return undefined;
  if (shards.length !== 1 && shards.length !== layers.length) {
    throw new ConfigError(
      `shards: there are ${shards.length} numbers for ${layers.length} layers: give one for each layer, or one for all`,
    );
  }
  const counts = layers.map((_, index) => shardCount(cut, index));
  counts.forEach((count, index) => checkShards(cut, index, count));
  const foreign = Object.keys(programs).map((stage) => layers.findIndex((_, index) => layerName(index) === stage));
  for (const index of foreign) {
    const near = [index - 1, index, index + 1].find((each) => (counts[each] ?? 1) > 1);
    if (near === undefined) continue;
    throw new ConfigError(
      `shards: ${layerName(index)} is a node's own program, which has one input and one output: ` +
        `${layerName(near)} cannot be cut`,
    );
  }
  return counts.every((count) => count === 1) ? undefined : counts;
}

/**
 * Refuses a number of shards that a layer is too narrow for: each needs a whole block of units.
 * @throws ConfigError that names the nearest number that works
 */
export function checkShards(cut: Cut, index: number, count: number): void {
  const units = unitsOf(cut, index);
  const most = mostShards(units);
  if (count <= most) return;
  throw new ConfigError(
    `shards: ${layerName(index)} has ${units} units in blocks of ${blockUnits(units)}, and a shard needs at least one ` +
      `whole block: ${most === 1 ? 'it cannot be cut' : `${most} shards are the most`}`,
  );
}

function unitsOf({ layers }: Cut, index: number): number {
  const layer = layers[index] ?? 0;
  return typeof layer === 'number' ? layer : layer.units;
}
