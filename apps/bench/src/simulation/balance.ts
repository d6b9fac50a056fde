import { mostShards } from '@layerline/forward-forward';
import { stagesOf } from '@layerline/plan';
import type { Network } from '../network.js';
import type { ServiceTimes } from './calibration.js';
import type { Duration, PipelineModel } from './model.js';
import { pipelineModel } from './placement.js';

/** A network that is cut, and a node for each of its stages. */
export interface Balanced {
  readonly network: Network;
  /** The node of each stage, as an index, in the order of `stagesOf`. */
  readonly stages: readonly number[];
  /** Work of the node that has most of it, in milliseconds a frame. */
  readonly load: number;
}

export interface BalanceOptions {
  readonly nodes: number;
  /** The most shards that a layer is cut into. */
  readonly most: number;
}

/** Loads that differ by less than this, in milliseconds, are the same. */
const SAME = 1e-6;
/** Any: what a frame costs both of its ends is taken to be the same near and far. */
const BETWEEN = { bandwidth: Infinity, roundTrip: 0 };

/**
 * Looks for numbers of shards, and for a node for each stage, with which nodes of one core have as equal work as possible:
 * computing, sending and receiving. Every combination of numbers of shards is tried; for each, stages are dealt out by
 * {@link spread}. Waiting of shards for each other is left out, which is for a simulation of the best of these to find.
 * @returns one for each combination, the lightest load first, and of those with the same the one with fewer shards
 * @throws RangeError where the shape of a layer or shard was not measured
 */
export function balance(network: Network, times: ServiceTimes, { nodes, most }: BalanceOptions): Balanced[] {
  const cuts = combinations(network.layers.map((units) => Math.min(most, mostShards(units))));
  const found = cuts.map((shards): Balanced => {
    const cut = shards.every((count) => count === 1) ? network : { ...network, shards };
    const here = { nodes: [], stages: stagesOf(cut).map(() => 0), between: BETWEEN };
    const loads = loadsOf(pipelineModel(cut, times, { placement: here, durations: 'medians' }));
    const stages = spread(loads, nodes);
    return { network: cut, stages, load: Math.max(...sumsOf(loads, stages, nodes)) };
  });
  return found.sort((a, b) => {
    return Math.abs(a.load - b.load) < SAME ? a.stages.length - b.stages.length : a.load - b.load;
  });
}

/** What each stage has to do for a frame, in milliseconds: computing, and its ends of all links. */
export function loadsOf({ stages, links, exchanges }: PipelineModel): number[] {
  return stages.map(({ assembling, forward, finish, learn }, index) => {
    const carried = [...links, ...exchanges].map(({ from, to, sending, receiving }) => {
      return (from === index ? sending : 0) + (to === index ? receiving : 0);
    });
    const computed = mean(forward) + mean(finish) + mean(learn);
    return carried.reduce((sum, cost) => sum + cost, assembling + computed);
  });
}

/**
 * Deals out loads to nodes: the largest first, each to the node that has the least (longest processing time first; Graham
 * 1969). Then, as long as that takes something from the largest sum, it moves a load away from there, or exchanges it for
 * a smaller one.
 * @returns the node of each load
 */
export function spread(loads: readonly number[], nodes: number): number[] {
  const places = loads.map(() => 0);
  const sums = Array.from({ length: nodes }, () => 0);
  const heaviestFirst = loads.map((_, index) => index).sort((a, b) => at(loads, b) - at(loads, a));
  for (const index of heaviestFirst) {
    const node = sums.indexOf(Math.min(...sums));
    places[index] = node;
    sums[node] = at(sums, node) + at(loads, index);
  }
  for (let better = improvement(loads, places, nodes); better !== undefined;) {
    for (const [index, node] of better) places[index] = node;
    better = improvement(loads, places, nodes);
  }
  return places;
}

/** The best move or exchange that there is, as loads and where they go. */
function improvement(
  loads: readonly number[],
  places: readonly number[],
  nodes: number,
): readonly (readonly [index: number, node: number])[] | undefined {
  const sums = sumsOf(loads, places, nodes);
  const most = Math.max(...sums);
  const from = sums.indexOf(most);
  let best: { readonly most: number; readonly moves: readonly (readonly [number, number])[] } | undefined;
  loads.forEach((load, index) => {
    if (places[index] !== from) return;
    sums.forEach((sum, node) => {
      if (node === from) return;
      const back = [undefined, ...places.keys()].filter((other) => other === undefined || places[other] === node);
      for (const other of back) {
        const moved = load - (other === undefined ? 0 : at(loads, other));
        const larger = Math.max(most - moved, sum + moved);
        if (larger > (best?.most ?? most) - SAME) continue;
        best = { most: larger, moves: [[index, node], ...(other === undefined ? [] : [[other, from] as const])] };
      }
    });
  });
  return best?.moves;
}

function sumsOf(loads: readonly number[], places: readonly number[], nodes: number): number[] {
  const sums = Array.from({ length: nodes }, () => 0);
  loads.forEach((load, index) => (sums[at(places, index)] = at(sums, at(places, index)) + load));
  return sums;
}

/** Every list with a number from 1 to each of the limits. */
function combinations([limit, ...limits]: readonly number[]): number[][] {
  if (limit === undefined) return [[]];
  const rest = combinations(limits);
  return Array.from({ length: limit }, (_, before) => rest.map((tail) => [before + 1, ...tail])).flat();
}

function mean(duration: Duration): number {
  if (typeof duration === 'number') return duration;
  return duration.reduce((sum, each) => sum + each, 0) / duration.length;
}

function at(values: readonly number[], index: number): number {
  return values[index] as number;
}
