import type { GraphBuilder, Value } from '@layerline/ops';
import type { BlockSum } from '../block-sums.js';
import { moduleOf, namesOf } from '../module.js';
import type { SettingsOf } from '../module.js';
import { blocksOf, blockUnits, widthOf } from '../unit-blocks.js';
import type { Goodness, Slope } from './goodness.js';
import { meanAbsolute } from './mean-absolute.js';
import { mean } from './mean.js';
import { negativeSum } from './negative-sum.js';
import { sum } from './sum.js';
import { topK } from './top-k.js';

/** Every goodness. */
export const GOODNESSES = [mean, sum, negativeSum, meanAbsolute, topK] as const;

export type GoodnessName = (typeof GOODNESSES)[number]['name'];
export const GOODNESS_NAMES = namesOf(GOODNESSES);
export type GoodnessSettings = SettingsOf<(typeof GOODNESSES)[number]>;

/** A goodness by its name. */
export function goodnessOf(name: GoodnessName): Goodness {
  return moduleOf<Goodness>(GOODNESSES, name);
}

/** Σ φ(a) by block of units, see {@link Goodness.sum}. */
export function goodnessSum({ name, ...numbers }: GoodnessSettings): BlockSum {
  return goodnessOf(name).sum(numbers);
}

/** What the sum over all units is multiplied by. @param units the layer's width U */
export function goodnessFactor({ name, ...numbers }: GoodnessSettings, units: number): number {
  return goodnessOf(name).factor(numbers, blocksOf(units).map(widthOf));
}

/** The derivative of goodness with respect to each activation, [rows, width]. @param units the layer's width U */
export function goodnessSlope(
  graph: GraphBuilder,
  settings: GoodnessSettings,
  activations: Value,
  units: number,
): Slope {
  const { name, ...numbers } = settings;
  const slope = goodnessOf(name).slope(graph, numbers, activations, blockUnits(units));
  return { multiple: goodnessFactor(settings, units) * slope.multiple, of: slope.of };
}

/** What a goodness per unit is for a layer: × the width where goodness is a sum, and with the sign of its values. */
export function goodnessOfLayer(name: GoodnessName, perUnit: number, units: number): number {
  const { scale, sign } = goodnessOf(name);
  return perUnit * sign * (scale === 'layer' ? units : 1);
}
