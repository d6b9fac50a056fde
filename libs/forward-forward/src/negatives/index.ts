import { moduleOf, namesOf } from '../module.js';
import { fixed } from './fixed.js';
import { hard } from './hard.js';
import { hybrid } from './hybrid.js';
import type { Negatives } from './negatives.js';
import { selfContrastive } from './self-contrastive.js';
import { wrong } from './wrong.js';

/** All negatives. */
export const NEGATIVES = [wrong, fixed, hard, hybrid, selfContrastive] as const;

export type NegativesName = (typeof NEGATIVES)[number]['name'];
export const NEGATIVES_NAMES = namesOf(NEGATIVES);

/** Negatives by their name. */
export function negativesOf(name: NegativesName): Negatives {
  return moduleOf<Negatives>(NEGATIVES, name);
}
