import type { UnitRange } from '@layerline/forward-forward';
import {
  blocksOfRows,
  blocksOfSums,
  layerName,
  linksOf,
  peerLinksOf,
  piecesOf,
  shardCount,
  stagesOf,
} from '@layerline/plan';
import type { Plan, PlannedBlock, StagePlan } from '@layerline/plan';
import { ELEMENT_BYTES } from '@layerline/protocol';
import type { Rows } from '@layerline/protocol';

type RowsHead = Pick<Rows, 'purpose' | 'positive' | 'negative' | 'neutral'>;

/** What goes over a link in one direction for a frame of rows. */
export interface Traffic {
  readonly from: string;
  readonly to: string;
  /** Of numbers: without headers, of some hundred bytes, and the padding between blocks. */
  readonly bytes: number;
}

/** What training takes on the network around a layer, in bytes a batch. */
export interface LayerTraffic {
  readonly layer: string;
  readonly shards: number;
  /** Frames to all shards of the layer together. */
  readonly input: number;
  /** Sums between them, in both directions. */
  readonly sums: number;
  /** What tensor-parallel backpropagation would take between them: see {@link tensorParallelTraffic}. */
  readonly backpropagation: TensorParallelTraffic;
}

export interface TensorParallelTraffic {
  /** All-gather of the layer's activations. */
  readonly forward: number;
  /** Reduce-scatter of the gradients of its inputs. */
  readonly backward: number;
}

/** The rows of a training batch. */
export function trainingRows({ batch }: Pick<Plan, 'batch'>): RowsHead {
  return { purpose: 'train', positive: batch, negative: batch, neutral: 0 };
}

/** What a frame of rows takes on each link downstream, in the order of `linksOf`. */
export function frameTraffic(plan: Plan, rows: RowsHead): Traffic[] {
  const stages = stagesByName(plan);
  return linksOf(plan).map(({ from, to }) => {
    const { layer, range } = stages.get(from) as StagePlan;
    const passed = layer === undefined ? 0 : layer + 1;
    const units = plan.layers[passed - 1]?.units ?? 0;
    return { from, to, bytes: bytesOf(piecesOf(blocksOfRows(plan, passed, rows), units, range)) };
  });
}

/** What shards tell each other about a frame of rows: both directions of each link of `peerLinksOf`. */
export function sumsTraffic(plan: Plan, rows: RowsHead): Traffic[] {
  const stages = stagesByName(plan);
  const told = (from: string, to: string): Traffic => {
    const { layer = 0, range } = stages.get(from) as StagePlan;
    return { from, to, bytes: bytesOf(blocksOfSums(plan, layer, range as UnitRange, rows)) };
  };
  return peerLinksOf(plan).flatMap(({ from, to }) => [told(from, to), told(to, from)]);
}

/** What a training batch takes around each layer of a plan. */
export function layerTraffic(plan: Plan): LayerTraffic[] {
  const rows = trainingRows(plan);
  const [frames, sums] = [frameTraffic(plan, rows), sumsTraffic(plan, rows)];
  return plan.layers.map((_, index) => {
    const shards = stagesOf(plan).flatMap(({ layer, stage }) => (layer === index ? [stage] : []));
    const to = (traffic: readonly Traffic[]): number => {
      return traffic.reduce((total, { to, bytes }) => total + (shards.includes(to) ? bytes : 0), 0);
    };
    return {
      layer: layerName(index),
      shards: shards.length,
      input: to(frames),
      sums: to(sums),
      backpropagation: tensorParallelTraffic(plan, index),
    };
  });
}

/**
 * What the shards of a layer would send each other, all together, if the network were trained by backpropagation on the same
 * images with the same cut, by units (Megatron-LM's column parallelism; Shoeybi et al. 2019, arXiv:1909.08053, §3): each
 * needs the activations of all units, so a forward pass gathers them from all; and each has a part of every sum that the
 * gradient of an input is, so a backward pass adds those parts up, and each keeps those of the units that it has before.
 * On a ring, gathering n numbers on s processes takes (s − 1) n numbers on the network, and so does adding up and scattering
 * them (Patarasuk and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002). Backpropagation has one row an image, where Forward-Forward
 * has two, and nothing to add up for the pixels. Not counted: the head that it needs behind the last layer. Cutting
 * every second layer by inputs, as Megatron-LM does, takes an all-reduce for each two layers in either direction, which is as
 * many bytes for layers of the same width.
 * @param index of the layer, counted from 0
 */
export function tensorParallelTraffic(plan: Plan, index: number): TensorParallelTraffic {
  const { inputs = 0, units = 0 } = plan.layers[index] ?? {};
  const others = shardCount(plan, index) - 1;
  const matrix = (columns: number): number => others * plan.batch * columns * ELEMENT_BYTES.f32;
  return { forward: matrix(units), backward: index === 0 ? 0 : matrix(inputs) };
}

function bytesOf(blocks: readonly PlannedBlock[]): number {
  return blocks.reduce((bytes, { type, shape: [rows, columns] }) => bytes + ELEMENT_BYTES[type] * rows * columns, 0);
}

function stagesByName(plan: Plan): ReadonlyMap<string, StagePlan> {
  return new Map(stagesOf(plan).map((stage) => [stage.stage, stage]));
}
