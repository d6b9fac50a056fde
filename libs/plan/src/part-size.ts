import { layerState } from '@layerline/forward-forward';
import { sizeOf } from '@layerline/ops';
import { classesOf, pictureSize, shownWeights } from './blocks.js';
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

/** Room for a number in JSON, and for what stands around the numbers of a layer. */
const BYTES_PER_NUMBER = 25;
const BYTES_PER_LAYER = 100;
/** Room for the rest of a look. */
const LOOK_BYTES = 1024;

/** Upper bound on what the evaluator stores of a look, in bytes: JSON with matrices in base64. */
export function largestLookBytes(plan: Pick<Plan, 'data' | 'layers'>): number {
  const base64 = (bytes: number): number => 4 * Math.ceil(bytes / 3);
  const layers = plan.layers.reduce((bytes, { units }) => {
    const activations = base64(Float32Array.BYTES_PER_ELEMENT * units);
    return bytes + BYTES_PER_LAYER + classesOf(plan) * BYTES_PER_NUMBER + activations;
  }, 0);
  return LOOK_BYTES + layers + base64(pictureSize(plan)) + base64(shownWeights(plan) * pictureSize(plan));
}
