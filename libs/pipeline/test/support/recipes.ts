import { OBJECTIVES } from '@layerline/forward-forward';
import { MODULES } from '@layerline/plan';
import type { PartialRunConfig } from '@layerline/plan';

/** A config for every module that can be chosen, by what it is. */
export const RECIPES: readonly (readonly [name: string, config: PartialRunConfig])[] = Object.entries(MODULES).flatMap(
  ([key, modules]) => {
    return modules.map(({ name }) => [`${key} ${name}`, { ...partnerOf(key, name), [key]: name }] as const);
  },
);

/** What a module cannot be chosen without. */
function partnerOf(key: string, name: string): PartialRunConfig {
  const objective = OBJECTIVES.find(({ rows }) => rows === 'pairs');
  return key === 'negatives' && name !== 'wrong' && objective !== undefined ? { objective: objective.name } : {};
}
