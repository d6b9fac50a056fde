import { moduleOf, namesOf } from '../module.js';
import type { SettingsOf } from '../module.js';
import { layerNorm } from './layer-norm.js';
import { meanSquare } from './mean-square.js';
import type { Normalization } from './normalization.js';

/** Every normalization. */
export const NORMALIZATIONS = [meanSquare, layerNorm] as const;

export type NormalizationName = (typeof NORMALIZATIONS)[number]['name'];
export const NORMALIZATION_NAMES = namesOf(NORMALIZATIONS);
export type NormalizationSettings = SettingsOf<(typeof NORMALIZATIONS)[number]>;

/** A normalization by its name. */
export function normalizationOf(name: NormalizationName): Normalization {
  return moduleOf<Normalization>(NORMALIZATIONS, name);
}
