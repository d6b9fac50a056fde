import type { GraphBuilder, Value } from '@layerline/ops';
import { moduleOf, namesOf } from '../module.js';
import type { SettingsOf } from '../module.js';
import { monoForward } from './mono-forward.js';
import type { Objective } from './objective.js';
import { pairwise } from './pairwise.js';
import { silu } from './silu.js';
import { threshold } from './threshold.js';

/** Every objective. */
export const OBJECTIVES = [threshold, pairwise, silu, monoForward] as const;

export type ObjectiveName = (typeof OBJECTIVES)[number]['name'];
export const OBJECTIVE_NAMES = namesOf(OBJECTIVES);
export type ObjectiveSettings = SettingsOf<(typeof OBJECTIVES)[number]>;

/** An objective by its name. */
export function objectiveOf(name: ObjectiveName): Objective {
  return moduleOf<Objective>(OBJECTIVES, name);
}

/** The loss of one pair, see {@link Objective.loss}. */
export function pairLoss(settings: ObjectiveSettings, positive: number, negative: number): number {
  const { name, ...numbers } = settings;
  return objectiveOf(name).loss(numbers, positive, negative);
}

/**
 * The derivative of each pair's loss with respect to the goodness of its rows, before the mean over the pairs.
 * @param goodness [2 × pairs, 1], the positive rows first
 * @returns [2 × pairs, 1], in the same order
 * @throws RangeError for an objective that learns from labelled rows
 */
export function lossGradient(graph: GraphBuilder, settings: ObjectiveSettings, goodness: Value): Value {
  const { name, ...numbers } = settings;
  const pairs = goodness.shape[0] / 2;
  const [positive, negative] = [graph.sliceRows(goodness, 0, pairs), graph.sliceRows(goodness, pairs, 2 * pairs)];
  const gradient = objectiveOf(name).lossGradient?.(graph, numbers, positive, negative);
  if (gradient === undefined) throw new RangeError(`${name} does not learn from pairs`);
  return graph.concatRows(gradient.positive, gradient.negative);
}
