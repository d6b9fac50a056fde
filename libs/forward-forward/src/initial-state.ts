import { fold, normal, sizeOf } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import type { LayerSpec, StateEntry } from './layer-spec.js';

/**
 * What a matrix of a layer's state starts with. Random weights come from N(0, 1 / inputs), each a function of its own row
 * and unit, whatever the width of the layer.
 * @param key the layer's own key
 */
export function initialState(spec: LayerSpec, entry: StateEntry, key: RandomKey): Float32Array {
  const data = new Float32Array(sizeOf(entry.shape));
  if (entry.initial !== 'random') return data.fill(entry.initial);
  const [rows, units] = entry.shape;
  const deviation = 1 / Math.sqrt(spec.inputs);
  for (let row = 0, at = 0; row < rows; row++) {
    const rowKey = fold(key, row);
    for (let unit = 0; unit < units; unit++, at++) data[at] = deviation * normal(rowKey, unit);
  }
  return data;
}
