import { widthOf } from '@layerline/forward-forward';
import { shardCount } from '../layer-shards.js';
import { layerName } from '../layers.js';
import type { Network } from '../plan.js';
import type { Bottleneck, Pace } from './pace.js';
import { trafficOf } from './traffic.js';
import type { LinkTraffic } from './traffic.js';

const MILLISECONDS = 1000;

/** A network in one of the ways in which it can be cut. */
export interface Scenario {
  readonly network: Network;
  /** Of an operation in each layer or shard. */
  readonly threads: number;
  readonly pace: Pace;
}

/** How fast a layer goes. */
export interface LayerForecast {
  readonly layer: string;
  readonly units: number;
  readonly shards: number;
  /** Of its slowest shard for a batch. */
  readonly milliseconds: number;
}

/** How fast a stage goes. */
export interface StageForecast {
  readonly stage: string;
  /** The layer that it is, or a shard of; null for both ends. */
  readonly layer: string | null;
  readonly units: number | null;
  readonly machine: string;
  /** For a batch. */
  readonly milliseconds: number;
  /** The share of its time in which it does not wait for input or credit. */
  readonly busy: number;
  /** Whether both have been measured, or else estimated. */
  readonly measured: boolean;
}

/** How fast a pipeline goes. */
export interface Forecast {
  /** Of each layer. */
  readonly shards: readonly number[];
  /** Of an operation in each layer or shard. */
  readonly threads: number;
  /** From one batch to the next. */
  readonly millisecondsPerBatch: number;
  readonly batchesPerSecond: number;
  /** Training images, of which each makes a positive and a negative row. */
  readonly imagesPerSecond: number;
  readonly bottleneck: Bottleneck;
  readonly layers: readonly LayerForecast[];
  readonly stages: readonly StageForecast[];
  readonly links: readonly LinkTraffic[];
}

/** @param measuredBusy the shares of time in which stages have been busy, of those that have been measured */
export function forecastOf(
  { network, threads, pace }: Scenario,
  measuredBusy: ReadonlyMap<string, number> = new Map(),
): Forecast {
  const batchesPerSecond = MILLISECONDS / pace.milliseconds;
  const stages = pace.stages.map(({ stage, layer, range, machine, milliseconds }): StageForecast => ({
    stage,
    layer: layer === undefined ? null : layerName(layer),
    units: range === undefined ? null : widthOf(range),
    machine: machine.name,
    milliseconds,
    busy: measuredBusy.get(stage) ?? milliseconds / pace.milliseconds,
    measured: measuredBusy.has(stage),
  }));
  const layers = network.layers.map(({ units }, index): LayerForecast => {
    const layer = layerName(index);
    const own = stages.filter((stage) => stage.layer === layer);
    const milliseconds = Math.max(...own.map((stage) => stage.milliseconds));
    return { layer, units, shards: shardCount(network, index), milliseconds };
  });
  return {
    shards: layers.map(({ shards }) => shards),
    threads,
    millisecondsPerBatch: pace.milliseconds,
    batchesPerSecond,
    imagesPerSecond: network.batch * batchesPerSecond,
    bottleneck: pace.bottleneck,
    layers,
    stages,
    links: trafficOf(network, batchesPerSecond),
  };
}
