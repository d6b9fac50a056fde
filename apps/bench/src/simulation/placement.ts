import { CLASSES, PIXELS } from '@layerline/datasets';
import { layerName } from '@layerline/plan';
import { frameBytes } from '../frames.js';
import type { Network } from '../network.js';
import { median } from '../statistics.js';
import { layerTimes, transportCost } from './calibration.js';
import type { ServiceTimes } from './calibration.js';
import type { Duration, LinkModel, NodeModel, PipelineModel, StageModel } from './model.js';
import type { LayerShape } from './stage-times.js';

/** A network between machines. */
export interface Condition {
  /** In bits a second. */
  readonly bandwidth: number;
  /** In milliseconds. */
  readonly roundTrip: number;
}

/** Between processes of one machine: what waking a process up takes, there and back. */
const WITHIN_A_NODE: Condition = { bandwidth: Infinity, roundTrip: 0.1 };

export interface Placement {
  readonly nodes: readonly NodeModel[];
  /** The node of each layer, as an index. The feeder is with the first layer, the evaluator with the last. */
  readonly layers: readonly number[];
  /** What is between nodes; where there is one node, this does not matter. */
  readonly between: Condition;
}

export interface ModelOptions {
  readonly placement: Placement;
  /** Whether a layer's durations are always the medians, or drawn from what was measured. */
  readonly durations: 'medians' | 'drawn';
}

const SEED = 1;

/** The shape of each layer of a network. */
export function shapesOf({ layers }: Network): LayerShape[] {
  return layers.map((units, index) => {
    return { inputs: layers[index - 1] ?? PIXELS, overlay: index === 0 ? CLASSES : 0, units };
  });
}

/**
 * A pipeline of processes that trains a network.
 * @throws RangeError where a layer's shape was not measured
 */
export function pipelineModel(network: Network, times: ServiceTimes, options: ModelOptions): PipelineModel {
  const { placement, durations } = options;
  const take = (measured: readonly number[]): Duration => (durations === 'drawn' ? measured : median(measured));
  const stage = (name: string, layer: number, forward: Duration, learn: Duration, threads: number): StageModel => {
    return { name, node: placement.layers[layer] as number, threads, forward, learn };
  };
  const last = network.layers.length - 1;
  const stages = [
    stage('feeder', 0, times.feeder, 0, 1),
    ...shapesOf(network).map((shape, index) => {
      const { forward, learn } = layerTimes(times.layers, shape);
      return stage(layerName(index), index, take(forward), take(learn), times.threads);
    }),
    stage('evaluator', last, times.evaluator, 0, 1),
  ];
  const links = stages.slice(1).map((consumer, index): LinkModel => {
    const { roundTrip, bandwidth } = stages[index]?.node === consumer.node ? WITHIN_A_NODE : placement.between;
    const bytes = frameBytes({ pairs: times.pairs, units: columnsBehind(network, index), layers: index });
    const { sending, receiving } = transportCost(times.transport, bytes);
    return { roundTrip, bandwidth, frameBytes: bytes, sending, receiving };
  });
  return { nodes: placement.nodes, stages, links, imagesPerFrame: times.pairs, seed: SEED };
}

/**
 * Numbers for each row that stage `index` sends on: the feeder half of an image, which two rows share, and a label; then
 * the layers, of which the last sends none.
 */
function columnsBehind({ layers }: Network, index: number): number {
  if (index === 0) return PIXELS / 2 + CLASSES;
  return index === layers.length ? 0 : (layers[index - 1] as number);
}
