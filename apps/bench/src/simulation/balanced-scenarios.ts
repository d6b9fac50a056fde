import { stagesOf } from '@layerline/plan';
import { describeNetwork, parseNetwork } from '../network.js';
import type { Network } from '../network.js';
import { balance } from './balance.js';
import type { Balanced } from './balance.js';
import type { ServiceTimes } from './calibration.js';
import type { Bottleneck, PipelineModel, SimulationResult } from './model.js';
import { pipelineModel, shapesOf } from './placement.js';
import type { Condition } from './placement.js';
import { onOneNode } from './scenarios.js';
import { simulate } from './simulate.js';
import type { LayerShape } from './stage-times.js';

/** How fast a network is on some nodes of one core, cut and placed as is best. Plain JSON. */
export interface BalancedPrediction extends Condition {
  readonly nodes: number;
  /** With its numbers of shards. */
  readonly network: string;
  /** The stages on each node. */
  readonly placement: readonly (readonly string[])[];
  readonly imagesPerSecond: number;
  /** The same where durations vary as they did when they were measured. */
  readonly withVariation: number;
  /** How many times as many images a second as one such node would do on the same network. */
  readonly speedUp: number;
  readonly speedUps: {
    /** As many if no layer is cut. */
    readonly uncut: number;
    /** As many if no node ever waited: its work against that of the node that has most. */
    readonly withoutWaiting: number;
    /** As many if frames and sums took no processor time. */
    readonly withoutFrames: number;
  };
  readonly bottleneck: Bottleneck;
}

export interface BalancedOptions {
  readonly network: Network;
  readonly nodes: readonly number[];
  readonly condition: Condition;
  /** The most shards that a layer is cut into. */
  readonly mostShards: number;
}

/** What is predicted unless asked otherwise. */
export const BALANCED: BalancedOptions = {
  network: parseNetwork('784-2000x4'),
  nodes: [4, 8],
  condition: { bandwidth: 10e9, roundTrip: 0.1 },
  mostShards: 6,
};

/** So many of the cuts with the lightest loads are simulated. */
const SIMULATED = 12;

/** What has to be measured for the predictions: each layer in every number of shards. */
export function balancedShapes({ network, mostShards }: BalancedOptions = BALANCED): LayerShape[] {
  return Array.from({ length: mostShards }, (_, before) => {
    return shapesOf({ ...network, shards: network.layers.map(() => before + 1) });
  }).flat();
}

/**
 * Predicts a network on nodes of one core each, which receive and send as well. Of the cuts that {@link balance} finds, the
 * lightest are simulated, and the fastest counts.
 * @param times of layers and shards with one thread
 * @throws RangeError where {@link balancedShapes} were not all measured
 */
export function predictBalanced(times: ServiceTimes, options: BalancedOptions = BALANCED): BalancedPrediction[] {
  const { network, condition, mostShards } = options;
  const alone = onOneNode(network, times);
  return options.nodes.map((nodes) => {
    const run = (balanced: Balanced, taken = times): SimulationResult => {
      return simulate(modelOf(balanced, taken, nodes, condition, 'medians'));
    };
    const fastest = (most: number): { readonly balanced: Balanced; readonly result: SimulationResult } => {
      const candidates = balance(network, times, { nodes, most }).slice(0, SIMULATED);
      const simulated = candidates.map((balanced) => ({ balanced, result: run(balanced) }));
      return simulated.reduce((a, b) => (b.result.imagesPerSecond > a.result.imagesPerSecond ? b : a));
    };
    const { balanced, result } = fastest(mostShards);
    const { imagesPerSecond, bottleneck } = result;
    return {
      nodes,
      ...condition,
      network: describeNetwork(balanced.network),
      placement: stagesByNode(balanced, nodes),
      imagesPerSecond,
      withVariation: simulate(modelOf(balanced, times, nodes, condition, 'drawn')).imagesPerSecond,
      speedUp: imagesPerSecond / alone,
      speedUps: {
        uncut: fastest(1).result.imagesPerSecond / alone,
        withoutWaiting: (1000 * times.pairs) / balanced.load / alone,
        withoutFrames: run(balanced, withoutFrames(times)).imagesPerSecond / alone,
      },
      bottleneck,
    };
  });
}

function modelOf(
  { network, stages }: Balanced,
  times: ServiceTimes,
  nodes: number,
  between: Condition,
  durations: 'medians' | 'drawn',
): PipelineModel {
  const ofOneCore = Array.from({ length: nodes }, () => ({ cores: 1, slowdown: 1 }));
  return pipelineModel(network, times, { placement: { nodes: ofOneCore, stages, between }, durations });
}

function stagesByNode({ network, stages }: Balanced, nodes: number): string[][] {
  const names = stagesOf(network).map(({ stage }) => stage);
  return Array.from({ length: nodes }, (_, node) => names.filter((_, index) => stages[index] === node));
}

function withoutFrames(times: ServiceTimes): ServiceTimes {
  const transport = times.transport.map(({ bytes }) => ({ bytes, encoding: 0, sending: 0, receiving: 0 }));
  return { ...times, assembling: 0, transport };
}
