import type { LayerLook, Look, WeightPictures } from '@layerline/api';
import { CLASSES, SIDE } from '@layerline/datasets';
import { layerName, shownWeights, trainedLayers } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { findBlock, ProtocolError } from '@layerline/protocol';
import type { Block, Rows } from '@layerline/protocol';
import { PICTURES } from '../wrong-images.js';

/** The first layer's weights of some units, [units, 784], and what scales them. */
const [WEIGHTS, WEIGHT_SCALE] = ['shown-weights', 'shown-weight-scale'];
/** The bytes that weights of 0 and of the largest absolute value stand for: 128, and 1 or 255. */
const [ZERO, SPAN] = [128, 127];

/** The activations of a layer that a look shows. @param index the layer's place, counted from 0 */
function shownBlock(index: number): string {
  return `shown/${layerName(index)}`;
}

/**
 * What a layer adds to `look` rows besides goodness: its activations under the image's true label.
 * @param normalized [10, units]: the image under each label
 * @param producer who sent the rows, for messages
 * @throws ProtocolError where the rows do not say which label is the true one
 */
export function shownActivations(rows: Rows, index: number, normalized: Float32Array, producer: string): Block {
  const units = normalized.length / CLASSES;
  const label = labelOf(rows, producer);
  // The memory of these rows is used again.
  const data = normalized.slice(label * units, (label + 1) * units);
  return { name: shownBlock(index), type: 'f32', shape: [1, units], data };
}

/** The weights of a first layer's first units, a byte each. @param weights [units, 784] @param units so many of them */
export function shownWeightBlocks(weights: Float32Array, units: number): Block[] {
  const inputs = SIDE * SIDE;
  const shown = weights.subarray(0, units * inputs);
  const scale = shown.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const data = Uint8Array.from(shown, (weight) => ZERO + (scale === 0 ? 0 : Math.round((SPAN * weight) / scale)));
  return [
    { name: WEIGHTS, type: 'u8', shape: [units, inputs], data },
    { name: WEIGHT_SCALE, type: 'f64', shape: [1, 1], data: Float64Array.of(scale) },
  ];
}

/**
 * Checks what layers have added to `look` rows besides goodness.
 * @param layers that the rows have passed and that learn, by their places counted from 0
 * @returns the names of the blocks
 * @throws ProtocolError where one is missing or does not fit the plan
 */
export function shownBlocks(rows: Rows, plan: Plan, layers: readonly number[], producer: string): string[] {
  for (const index of layers) activationsIn(rows, plan, index, producer);
  const shown = layers.map(shownBlock);
  if (!layers.includes(0)) return shown;
  readWeights(rows, plan, producer);
  return [...shown, WEIGHTS, WEIGHT_SCALE];
}

/**
 * A look, from the rows that have passed all layers. Goodness is the caller's to check.
 * @param goodness of each layer that learns, under each label
 * @param producer who sent the rows, for messages
 * @throws ProtocolError where something is missing, or does not fit the plan
 */
export function readLook(rows: Rows, plan: Plan, goodness: readonly Float32Array[], producer: string): Look {
  const pictures = findBlock(rows, PICTURES, 'u8');
  if (rows.look === undefined || pictures?.data.length !== SIDE * SIDE) {
    throw new ProtocolError(`${producer} sent rows for a look without the image that is looked at`);
  }
  const trained = trainedLayers(plan);
  const layers = plan.layers.map((_, index): LayerLook | null => {
    const place = trained.indexOf(index);
    if (place < 0) return null;
    const shown = activationsIn(rows, plan, index, producer);
    return { goodness: [...(goodness[place] ?? [])], activations: base64(shown) };
  });
  const { id, image } = rows.look;
  return {
    id,
    image,
    step: (rows.epoch - 1) * plan.batchesPerEpoch + rows.batch,
    label: labelOf(rows, producer),
    picture: { width: SIDE, height: SIDE, pixels: base64(pictures.data) },
    layers,
    weights: readWeights(rows, plan, producer),
  };
}

function activationsIn(rows: Rows, { layers }: Plan, index: number, producer: string): Float32Array {
  const shown = findBlock(rows, shownBlock(index), 'f32');
  if (shown !== undefined && shown.data.length === layers[index]?.units) return shown.data;
  throw new ProtocolError(`${producer} sent rows for a look without the activations of ${layerName(index)}`);
}

function readWeights(rows: Rows, plan: Plan, producer: string): WeightPictures {
  const units = shownWeights(plan);
  const weights = findBlock(rows, WEIGHTS, 'u8');
  const [scale = NaN] = findBlock(rows, WEIGHT_SCALE, 'f64')?.data ?? [];
  if (weights?.data.length !== units * SIDE * SIDE || !(scale >= 0 && scale < Infinity)) {
    throw new ProtocolError(`${producer} sent rows for a look without the weights of ${layerName(0)}`);
  }
  return { units, width: SIDE, height: SIDE, scale, pixels: base64(weights.data) };
}

/** The true label of the one image. @throws ProtocolError */
function labelOf(rows: Rows, producer: string): number {
  const [label = NaN, ...others] = findBlock(rows, 'labels', 'u8')?.data ?? [];
  if (label < CLASSES && others.length === 0) return label;
  throw new ProtocolError(`${producer} sent rows for a look without the label of the image`);
}

/** Little-endian, as all machines are that an engine works on. */
function base64({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
