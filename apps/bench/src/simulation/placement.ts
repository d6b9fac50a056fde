import { DIGITS_SPEC, PIXELS } from '@layerline/datasets';
import { widthOf } from '@layerline/forward-forward';
import { stagesOf } from '@layerline/plan';
import type { StagePlan } from '@layerline/plan';
import { planOf } from '../network-plan.js';
import type { Network } from '../network.js';
import { median } from '../statistics.js';
import { frameTraffic, sumsTraffic, trainingRows } from '../traffic.js';
import type { Traffic } from '../traffic.js';
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
  /** The node of each stage, as an index, in the order of `stagesOf`. */
  readonly stages: readonly number[];
  /** What is between nodes; where there is one node, this does not matter. */
  readonly between: Condition;
}

export interface ModelOptions {
  readonly placement: Placement;
  /** Whether a layer's durations are always the medians, or drawn from what was measured. */
  readonly durations: 'medians' | 'drawn';
}

const SEED = 1;

/** About what the header of a frame takes, in bytes. */
const HEADER_BYTES = 300;

/** The shape of each layer of a network or, where it is cut, of each of its shards. */
export function shapesOf(network: Network): LayerShape[] {
  return stagesOf(network).flatMap((stage) => shapeOf(network, stage) ?? []);
}

/** Undefined for both ends. */
function shapeOf({ layers }: Network, { layer, range }: StagePlan): LayerShape | undefined {
  if (layer === undefined || range === undefined) return undefined;
  const [units, all] = [widthOf(range), layers[layer] as number];
  const shape = { inputs: layers[layer - 1] ?? PIXELS, overlay: layer === 0 ? DIGITS_SPEC.classes.length : 0, units };
  return units === all ? shape : { ...shape, of: all };
}

/**
 * A pipeline of processes that trains a network.
 * @throws RangeError where the shape of a layer or shard was not measured
 * @throws ConfigError where a layer is too narrow for its shards
 */
export function pipelineModel(network: Network, times: ServiceTimes, options: ModelOptions): PipelineModel {
  const { placement, durations } = options;
  const plan = planOf(network, times.pairs);
  const planned = stagesOf(plan);
  const frames = frameTraffic(plan, trainingRows(plan));
  const take = (measured: readonly number[]): Duration => (durations === 'drawn' ? measured : median(measured));
  const stages = planned.map((stage, index): StageModel => {
    const place = { name: stage.stage, node: placement.stages[index] as number };
    const assembling = assemblingTime(frames, stage.stage, times);
    const shape = shapeOf(network, stage);
    if (shape === undefined) {
      const forward = stage.role === 'feeder' ? times.feeder : times.evaluator;
      return { ...place, threads: 1, assembling, forward, finish: 0, learn: 0 };
    }
    const { forward, finish, learn } = layerTimes(times.layers, shape);
    const after = finish === undefined ? 0 : take(finish);
    return { ...place, threads: times.threads, assembling, forward: take(forward), finish: after, learn: take(learn) };
  });
  const join = linker(stages, times, placement.between);
  const sent = new Set<string>();
  const links = frames.map((traffic) => {
    const isEncoded = sent.has(traffic.from);
    sent.add(traffic.from);
    return join(traffic, isEncoded);
  });
  const exchanges = sumsTraffic(plan, trainingRows(plan)).map((traffic) => join(traffic, false));
  return { nodes: placement.nodes, stages, links, exchanges, imagesPerFrame: times.pairs, seed: SEED };
}

/** Of a frame that comes in one piece nothing is copied. */
function assemblingTime(frames: readonly Traffic[], stage: string, { assembling }: ServiceTimes): number {
  const slices = frames.filter(({ to }) => to === stage);
  return slices.length < 2 ? 0 : assembling * slices.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Makes a link of what goes over it. @returns a function that is told whether the frame has been encoded for another link */
function linker(
  stages: readonly StageModel[],
  { transport }: ServiceTimes,
  between: Condition,
): (traffic: Traffic, isEncoded: boolean) => LinkModel {
  const places = new Map(stages.map(({ name }, index) => [name, index]));
  return (traffic, isEncoded) => {
    const [from, to] = [places.get(traffic.from) as number, places.get(traffic.to) as number];
    const { roundTrip, bandwidth } = stages[from]?.node === stages[to]?.node ? WITHIN_A_NODE : between;
    const frameBytes = HEADER_BYTES + traffic.bytes;
    const { encoding, sending, receiving } = transportCost(transport, frameBytes);
    const own = isEncoded ? Math.max(0, sending - encoding) : sending;
    return { from, to, roundTrip, bandwidth, frameBytes, sending: own, receiving };
  };
}
