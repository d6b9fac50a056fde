import type { Shape } from '@layerline/ops';
import type { ActivationSettings } from './activations/index.js';
import type { BlockSum } from './block-sums.js';
import { goodnessSum } from './goodness/index.js';
import type { GoodnessSettings } from './goodness/index.js';
import { normalizationOf } from './normalizations/index.js';
import type { NormalizationSettings } from './normalizations/index.js';
import type { ObjectiveSettings } from './objectives/index.js';
import { MOMENTS } from './optimizers.js';
import type { ScheduleSettings } from './schedules/index.js';
import type { Optimizer } from './optimizers.js';
import { allUnits, widthOf } from './unit-blocks.js';
import type { UnitRange } from './unit-blocks.js';

/** Everything that decides what a layer computes, except its state. */
export interface LayerSpec {
  /** Columns of its input. */
  readonly inputs: number;
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
}

/** How many rows a batch has, and how many images they show: row r shows image r mod `images`. */
export interface BatchShape {
  /** A multiple of `images`. */
  readonly rows: number;
  /** Equal to `rows` for a layer without an overlay. */
  readonly images: number;
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
  /** The initial value of every element, or `random` for samples from N(0, 1 / inputs). */
  readonly initial: number | 'random';
}

/** Names of a trained layer's parameters: what a model contains, in the order in which they are hashed. */
export const PARAMETERS = ['weights', 'biases'] as const;

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
  const moments = [weights, biases].flatMap(({ name, shape }) => {
    return MOMENTS[spec.optimizer.name].map((moment) => ({ name: `${name}.${moment}`, shape, initial: 0 }));
  });
  const state = [weights, biases, ...moments];
  if (spec.peerNormalization > 0) {
    state.push({ name: MEAN_ACTIVITY, shape: [1, width], initial: INITIAL_MEAN_ACTIVITY });
  }
  return state;
}

/** The sums over blocks of units that the layer's goodness and normalization need, each once. */
export function blockSumsOf({ goodness, normalization }: LayerSpec): BlockSum[] {
  const needed = [goodnessSum(goodness), ...normalizationOf(normalization.name).sums];
  return [...new Map(needed.map((sum) => [sum.name, sum])).values()];
}

/** The name of the sums of mean activities, which peer normalization needs. */
export const ACTIVITY = 'activity';

/** Sums over blocks of units that shards of a layer exchange. */
export interface ExchangedSums {
  /** As in {@link BlockSum}. */
  readonly name: string;
  /** Whether there is one of each row, and not one of the batch. */
  readonly isOfRows: boolean;
}

/** All that shards of a layer tell each other about a batch. @param learns whether it is one to learn from */
export function exchangedSums(spec: LayerSpec, learns: boolean): ExchangedSums[] {
  const ofRows = blockSumsOf(spec).map(({ name }) => ({ name, isOfRows: true }));
  return learns && spec.peerNormalization > 0 ? [...ofRows, { name: ACTIVITY, isOfRows: false }] : ofRows;
}
