import { fold, normal, sizeOf } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import type { LayerSpec, StateEntry } from './layer-spec.js';
import { READOUT_WEIGHTS } from './linear-readout.js';

/** Separates the draws of a readout from those of the layer under the same key. */
const OF_READOUT = 0x72_6561_64;

/**
 * The initial values of a matrix of a layer's state. Random weights are drawn from N(0, 1 / fan-in), each as a function
 * of its own unit and input, or unit and class, whatever the shards of the layer.
 * @param key the layer's own key
 * @param first the unit that the matrix begins with, counted from 0
 */
export function initialState(spec: LayerSpec, entry: StateEntry, key: RandomKey, first = 0): Float32Array {
  const data = new Float32Array(sizeOf(entry.shape));
  if (entry.initial !== 'random') return data.fill(entry.initial);
  const [units, columns] = entry.shape;
  const isReadout = entry.name === READOUT_WEIGHTS;
  const deviation = 1 / Math.sqrt(isReadout ? spec.units : spec.inputs);
  const own = isReadout ? fold(key, OF_READOUT) : key;
  for (let unit = 0, at = 0; unit < units; unit++) {
    const unitKey = fold(own, first + unit);
    for (let column = 0; column < columns; column++, at++) data[at] = deviation * normal(unitKey, column);
  }
  return data;
}
