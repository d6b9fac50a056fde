import { layerState } from '@layerline/forward-forward';
import { sizeOf } from '@layerline/ops';
import type { Plan } from './plan.js';

/** Room for the header of a layer's part, and for the parts of the other stages, which keep a few numbers per layer. */
const ALLOWANCE_BYTES = 64 * 1024;
/** In the header, when a unit was last active: a number of up to 15 digits and a comma. */
const BYTES_PER_UNIT = 16;

/** Upper bound on a stage's part of a snapshot or model, in bytes: the largest layer's whole state, with headroom. */
export function largestPartBytes({ layers }: Pick<Plan, 'layers'>): number {
  const states = layers.map((spec) => layerState(spec).reduce((numbers, { shape }) => numbers + sizeOf(shape), 0));
  const units = Math.max(...layers.map((spec) => spec.units));
  return ALLOWANCE_BYTES + BYTES_PER_UNIT * units + Float32Array.BYTES_PER_ELEMENT * Math.max(...states);
}
