import { MODULES } from '@layerline/plan';
import type { PartialRunConfig } from '@layerline/plan';

/** What is drawn for each row, pair or unit, and what is held out. */
const DRAWN: readonly (readonly [name: string, config: PartialRunConfig])[] = [
  ['dropout', { dropout: 0.3 }],
  ['rows moved and mirrored, with inputs left out', { shift: 2, flip: true, inputDropout: 0.1, standardize: true }],
  ['hybrids of moved rows', { shift: 1, negatives: 'hybrid', dropout: 0.2 }],
  ['labels in inputs of their own', { label: 'append' }],
];

/** A config for every module that can be chosen, by what it is, and for all that is drawn. */
export const RECIPES: readonly (readonly [name: string, config: PartialRunConfig])[] = [
  ...DRAWN,
  ...Object.entries(MODULES).flatMap(([key, modules]) => {
    return modules.map(({ name }) => [`${key} ${name}`, { [key]: name }] as const);
  }),
];
