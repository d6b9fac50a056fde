import type { Plan } from './plan.js';

/** The name of a layer, which is that of its stage where it is not cut. @param index from 0 */
export function layerName(index: number): string {
  return `layer-${index + 1}`;
}

/** The indices, from 0, of the layers that learn: all but those that nodes' own programs stand in for. */
export function trainedLayers({ layers, programs = {} }: Pick<Plan, 'layers' | 'programs'>): number[] {
  return [...layers.keys()].filter((index) => !(layerName(index) in programs));
}
