import { PIXELS } from '@layerline/datasets';
import { stagesOf } from '@layerline/plan';
import { describeNetwork } from '../network.js';
import type { Network } from '../network.js';
import { layerTimes, stepTime } from './calibration.js';
import type { ServiceTimes } from './calibration.js';
import type { Bottleneck, SimulationResult } from './model.js';
import { pipelineModel, shapesOf } from './placement.js';
import type { Condition } from './placement.js';
import { simulate } from './simulate.js';

/** A simulation beside what really was. Plain JSON. */
export interface Validation {
  readonly network: string;
  /** Of layers and shards. */
  readonly processes: number;
  /** Images a second. */
  readonly simulated: number;
  readonly real: number;
  /** How far the simulation is off, as a share of what was real: above 0 where it promises too much. */
  readonly error: number;
}

/** A pipeline on more machines than there are here. Plain JSON. */
export interface Prediction extends Condition {
  readonly nodes: number;
  /** Of each node. */
  readonly cores: number;
  readonly imagesPerSecond: number;
  /** The same where durations vary as they did when they were measured. */
  readonly withVariation: number;
  /** How many times as many images a second as one such node would do on the same network. */
  readonly speedUp: number;
  readonly bottleneck: Bottleneck;
}

export interface PredictionOptions {
  readonly nodes: readonly number[];
  /** Of a node. */
  readonly cores: readonly number[];
  readonly conditions: readonly Condition[];
  /** Width of the one layer that each node has. */
  readonly units: number;
}

const GIGABIT = 1e9;

/** Which nodes and networks are predicted unless asked otherwise. */
export const PREDICTED: PredictionOptions = {
  nodes: [4, 8, 32],
  cores: [1, 16],
  conditions: [1, 10].flatMap((gigabits) =>
    [0.1, 1, 20].map((roundTrip) => ({ bandwidth: gigabits * GIGABIT, roundTrip })),
  ),
  units: 2000,
};

/**
 * Simulates a pipeline with all of its stages on this machine. Durations are drawn, since a real run has its slow
 * frames too.
 * @param cores of this machine
 * @throws RangeError where the shape of a layer or shard was not measured
 */
export function simulateHere(network: Network, times: ServiceTimes, cores: number): SimulationResult {
  const here = [{ cores, slowdown: times.slowdown }];
  const placement = {
    nodes: here,
    stages: stagesOf(network).map(() => 0),
    between: { bandwidth: Infinity, roundTrip: 0 },
  };
  return simulate(pipelineModel(network, times, { placement, durations: 'drawn' }));
}

/** Holds a simulation against a real run. @param simulated images a second, as is `real` */
export function validate(network: Network, simulated: number, real: number): Validation {
  const processes = shapesOf(network).length;
  return { network: describeNetwork(network), processes, simulated, real, error: simulated / real - 1 };
}

/**
 * Predicts pipelines with one layer a node, all of them of the same width. Nodes have cores like this machine's, which
 * receive and send as well; the first has the feeder too, and the last the evaluator. Layers are taken to be as many
 * times as fast as a node has cores, which is the most that more cores can do: then the network matters most.
 * @param times of layers with one thread
 * @throws RangeError where the layers that this takes were not measured
 */
export function predict(times: ServiceTimes, options: PredictionOptions = PREDICTED): Prediction[] {
  const { nodes, cores, conditions, units } = options;
  return cores.flatMap((each) => {
    const spread = spreadOver(times, each);
    return conditions.flatMap((condition) =>
      nodes.map((count) => predictOne(spread, { nodes: count, cores: each, ...condition }, units)),
    );
  });
}

/** The network that is trained on so many nodes. */
export function layerPerNode(nodes: number, units: number): Network {
  return { name: `${PIXELS}-${units}x${nodes}`, layers: Array.from({ length: nodes }, () => units) };
}

/** The same layers with a thread on each of so many cores. */
function spreadOver(times: ServiceTimes, cores: number): ServiceTimes {
  const faster = (durations: readonly number[]): number[] => durations.map((duration) => duration / cores);
  const layers = times.layers.map(({ forward, finish, learn, ...shape }) => {
    const after = finish === undefined ? {} : { finish: faster(finish) };
    return { ...shape, forward: faster(forward), ...after, learn: faster(learn) };
  });
  return { ...times, threads: cores, layers };
}

function predictOne(
  times: ServiceTimes,
  site: Condition & Pick<Prediction, 'nodes' | 'cores'>,
  units: number,
): Prediction {
  const network = layerPerNode(site.nodes, units);
  const placement = {
    nodes: network.layers.map(() => ({ cores: site.cores, slowdown: 1 })),
    stages: [0, ...network.layers.map((_, index) => index), network.layers.length - 1],
    between: site,
  };
  const { imagesPerSecond, bottleneck } = simulate(pipelineModel(network, times, { placement, durations: 'medians' }));
  const varied = simulate(pipelineModel(network, times, { placement, durations: 'drawn' }));
  const withVariation = varied.imagesPerSecond;
  return { ...site, imagesPerSecond, withVariation, speedUp: imagesPerSecond / onOneNode(network, times), bottleneck };
}

/** Images a second where one node does it all, with nothing to send. */
export function onOneNode(network: Network, times: ServiceTimes): number {
  const layers = shapesOf(network).map((shape) => stepTime(layerTimes(times.layers, shape)));
  const frame = layers.reduce((sum, layer) => sum + layer, times.feeder + times.evaluator);
  return (1000 * times.pairs) / frame;
}
