import { layerState } from '@layerline/forward-forward';
import { sizeOf } from '@layerline/ops';
import { pictureSize, shownWeights } from './blocks.js';
import type { Plan } from './plan.js';
import { classesOf } from './rows.js';

/** Room for the header of a layer's part, and for the parts of the other stages, which keep a few numbers per layer. */
const ALLOWANCE_BYTES = 64 * 1024;
/** In the header, when a unit was last active: a number of up to 15 digits and a comma. */
const BYTES_PER_UNIT = 16;

/**
 * Upper bound on a stage's part of a snapshot or model, in bytes: the largest layer's whole state, or the feeder's weights of
 * hard negatives, with headroom.
 */
export function largestPartBytes(plan: Pick<Plan, 'layers' | 'data' | 'trainRows'>): number {
  const { layers, trainRows = 0 } = plan;
  const states = layers.map((spec) => layerState(spec).reduce((numbers, { shape }) => numbers + sizeOf(shape), 0));
  const units = Math.max(...layers.map((spec) => spec.units));
  const ofLayers = BYTES_PER_UNIT * units + Float32Array.BYTES_PER_ELEMENT * Math.max(...states);
  return ALLOWANCE_BYTES + Math.max(ofLayers, base64Bytes(trainRows * classesOf(plan)));
}

/** Room for a number in JSON, and for what stands around the numbers of a layer. */
const BYTES_PER_NUMBER = 25;
const BYTES_PER_LAYER = 100;
/** Room for the rest of a look. */
const LOOK_BYTES = 1024;

/** Upper bound on what the evaluator stores of a look, in bytes: JSON with matrices in base64. */
export function largestLookBytes(plan: Pick<Plan, 'data' | 'layers'>): number {
  const layers = plan.layers.reduce((bytes, { units }) => {
    const activations = base64Bytes(Float32Array.BYTES_PER_ELEMENT * units);
    return bytes + BYTES_PER_LAYER + classesOf(plan) * BYTES_PER_NUMBER + activations;
  }, 0);
  return LOOK_BYTES + layers + base64Bytes(pictureSize(plan)) + base64Bytes(shownWeights(plan) * pictureSize(plan));
}

/** What bytes take in base64. */
function base64Bytes(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}
