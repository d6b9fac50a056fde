import type { Shape } from '@layerline/ops';
import type { ActivationSettings } from './activations/index.js';
import { rowsRead } from './batch-shape.js';
import type { BatchShape } from './batch-shape.js';
import type { BlockSum } from './block-sums.js';
import { goodnessSum } from './goodness/index.js';
import type { GoodnessSettings } from './goodness/index.js';
import { LOGITS, READOUT_SUM, READOUT_WEIGHTS, readoutOptimizer } from './linear-readout.js';
import type { LinearReadout } from './linear-readout.js';
import { normalizationOf } from './normalizations/index.js';
import type { NormalizationSettings } from './normalizations/index.js';
import { objectiveOf } from './objectives/index.js';
import type { ObjectiveSettings } from './objectives/index.js';
import { MOMENTS } from './optimizers.js';
import type { ScheduleSettings } from './schedules/index.js';
import type { Optimizer, OptimizerName } from './optimizers.js';
import { allUnits, widthOf } from './unit-blocks.js';
import type { UnitRange } from './unit-blocks.js';

/** Everything that decides what a layer computes, except its state. */
export interface LayerSpec {
  /** Columns of its input. */
  readonly inputs: number;
  /** How many of them, the last ones, are a label that is given to this layer as it is to the first; left out for none. */
  readonly labels?: number | undefined;
  /**
   * How many of its inputs, from the first, are an overlay: rows that show the same image differ only in these. 0 for a
   * layer whose rows have nothing in common.
   */
  readonly overlay: number;
  /** Its width U. */
  readonly units: number;
  readonly activation: ActivationSettings;
  readonly goodness: GoodnessSettings;
  /** Of the rows that it sends on. */
  readonly normalization: NormalizationSettings;
  readonly objective: ObjectiveSettings;
  readonly optimizer: Optimizer;
  /** η of the first steps, see {@link learningRateAt}. */
  readonly learningRate: number;
  /** Of the rate, see {@link learningRateAt}. */
  readonly schedule: ScheduleSettings;
  /** The share of its units that a pair of rows learns without, from 0 to below 1. */
  readonly dropout: number;
  /** λ of the peer loss, at least 0; 0 leaves it out. */
  readonly peerNormalization: number;
  /** Left out where the network is judged by goodness alone. */
  readonly readout?: LinearReadout | undefined;
}

/**
 * The matrices that a layer reads a batch from, in order: its `input`; or, with an overlay, the `images` with zeros in
 * place of it, and the `overlay` of each row.
 */
export function inputShapes({ inputs, overlay }: LayerSpec, { rows, images }: BatchShape): ReadonlyMap<string, Shape> {
  return new Map<string, Shape>(
    overlay === 0
      ? [['input', [rows, inputs]]]
      : [
          ['images', [images, inputs]],
          ['overlay', [rows, overlay]],
        ],
  );
}

/** A matrix that a layer keeps between batches. */
export interface StateEntry {
  readonly name: string;
  readonly shape: Shape;
  /** The initial value of every element, or `random` for samples from N(0, 1 / fan-in). */
  readonly initial: number | 'random';
}

/** Names of a trained layer's parameters: what a model contains, in the order in which they are hashed. */
export function parametersOf({ readout }: Pick<LayerSpec, 'readout'>): readonly string[] {
  return readout === undefined ? ['weights', 'biases'] : ['weights', 'biases', READOUT_WEIGHTS];
}

/** Whether a layer learns through its readout, and not from goodness. */
export function learnsThroughReadout({ objective }: Pick<LayerSpec, 'objective'>): boolean {
  return objectiveOf(objective.name).rows === 'labelled';
}

/** The name of the running mean of each unit's activity on positive rows, kept for peer normalization. */
export const MEAN_ACTIVITY = 'meanActivity';
/** The same for all units, so that none is pulled before their activities differ. */
const INITIAL_MEAN_ACTIVITY = 0.5;

/**
 * All that a layer keeps between batches: its parameters, then the optimizer's state, then peer normalization's.
 * @param range the units whose state it is; all by default
 */
export function layerState(spec: LayerSpec, range: UnitRange = allUnits(spec)): StateEntry[] {
  const width = widthOf(range);
  const weights: StateEntry = { name: 'weights', shape: [width, spec.inputs], initial: 'random' };
  const biases: StateEntry = { name: 'biases', shape: [1, width], initial: 0 };
  const momentsOf = ({ name, shape }: StateEntry, optimizer: OptimizerName): StateEntry[] => {
    return MOMENTS[optimizer].map((moment) => ({ name: `${name}.${moment}`, shape, initial: 0 }));
  };
  const state = [weights, biases, ...[weights, biases].flatMap((each) => momentsOf(each, spec.optimizer.name))];
  if (spec.peerNormalization > 0) {
    state.push({ name: MEAN_ACTIVITY, shape: [1, width], initial: INITIAL_MEAN_ACTIVITY });
  }
  const { readout } = spec;
  if (readout === undefined) return state;
  // A layer that learns through its readout would not begin to with one of zeros.
  const initial = learnsThroughReadout(spec) ? 'random' : 0;
  const weightsOfReadout: StateEntry = { name: READOUT_WEIGHTS, shape: [width, readout.classes], initial };
  return [...state, weightsOfReadout, ...momentsOf(weightsOfReadout, readoutOptimizer(readout).name)];
}

/** The sums over blocks of units that the layer's goodness, normalization and readout need, each once. */
export function blockSumsOf({ goodness, normalization, readout }: LayerSpec): BlockSum[] {
  const needed = [goodnessSum(goodness), ...normalizationOf(normalization.name).sums];
  if (readout !== undefined) needed.push(READOUT_SUM);
  return [...new Map(needed.map((sum) => [sum.name, sum])).values()];
}

/** The name of the sums of mean activities, which peer normalization needs. */
export const ACTIVITY = 'activity';

/** Sums over blocks of units that shards of a layer exchange. */
export interface ExchangedSums {
  /** As in {@link BlockSum}. */
  readonly name: string;
  /**
   * Their matrix: a column for each block and a row for each of the batch or one for all of it, or the blocks stacked, each
   * with the rows that a readout reads.
   */
  readonly layout: 'columns of rows' | 'columns' | 'stacked';
}

/** The shape of such sums. @param blocks of units */
export function exchangedShape({ layout }: ExchangedSums, spec: LayerSpec, batch: BatchShape, blocks: number): Shape {
  if (layout === 'stacked') return [blocks * rowsRead(batch), spec.readout?.classes ?? 0];
  return [layout === 'columns' ? 1 : batch.rows, blocks];
}

/** All that shards of a layer tell each other about a batch. @param learns whether it is one to learn from */
export function exchangedSums(
  spec: LayerSpec,
  { readout }: Pick<BatchShape, 'readout'>,
  learns: boolean,
): ExchangedSums[] {
  const sums: ExchangedSums[] = blockSumsOf(spec).map(({ name }) => ({ name, layout: 'columns of rows' }));
  if (spec.readout !== undefined && readout !== undefined) sums.push({ name: LOGITS, layout: 'stacked' });
  if (learns && spec.peerNormalization > 0) sums.push({ name: ACTIVITY, layout: 'columns' });
  return sums;
}
