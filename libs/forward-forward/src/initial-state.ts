import { fold, normal, sizeOf } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import type { LayerSpec, StateEntry } from './layer-spec.js';

/**
 * The initial values of a matrix of a layer's state. Random weights are drawn from N(0, 1 / inputs), each as a function
 * of its own unit and input, whatever the width of the layer.
 * @param key the layer's own key
 * @param first the unit that the matrix begins with, counted from 0
 */
export function initialState(spec: LayerSpec, entry: StateEntry, key: RandomKey, first = 0): Float32Array {
  const data = new Float32Array(sizeOf(entry.shape));
  if (entry.initial !== 'random') return data.fill(entry.initial);
  const [units, inputs] = entry.shape;
  const deviation = 1 / Math.sqrt(spec.inputs);
  for (let unit = 0, at = 0; unit < units; unit++) {
    const unitKey = fold(key, first + unit);
    for (let input = 0; input < inputs; input++, at++) data[at] = deviation * normal(unitKey, input);
  }
  return data;
}
