import type { LayerLook, Look } from '@layerline/api';
import { inputsOf, rowSize } from '@layerline/datasets';
import type { DataSpec } from '@layerline/datasets';
import { BLOCKS, blocksOfLayer, shownWeights, stepAt, trainedLayers } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { ProtocolError } from '@layerline/protocol';
import type { Block, LookRequest, Rows } from '@layerline/protocol';
import { scoresOf } from '../evaluation.js';
import type { Judged } from '../evaluation.js';
import type { DataOf } from '../planned-blocks.js';

/** The bytes that weights of 0 and of the largest absolute value stand for: 128, and 1 or 255. */
const [ZERO, SPAN] = [128, 127];

/**
 * What a layer adds to `look` rows besides scores: its activations under the image's true label, or without one.
 * @param normalized the row of the image under each label, or without one @param row the one that is shown
 * @param units that the layer, or the shard of it, has
 */
export function shownActivations(index: number, normalized: Float32Array, row: number, units: number): Block {
  // The memory of these rows is used again.
  const data = normalized.slice(row * units, (row + 1) * units);
  return { name: blocksOfLayer(index).shownActivations, type: 'f32', shape: [1, units], data };
}

/**
 * The weights of a first layer's first units, a byte for each pixel: the mean over its channels.
 * @param weights [units, inputs] @param units so many of them
 */
export function shownWeightBlocks(weights: Float32Array, units: number, spec: DataSpec): Block[] {
  const { channels } = spec;
  const [all, size] = [inputsOf(spec), rowSize(spec)];
  const pixels = size / channels;
  const shown = Float32Array.from({ length: units * pixels }, (_, at) => {
    // Inputs of a label may come before those of the row.
    const first = Math.floor(at / pixels) * all + (all - size) + (at % pixels) * channels;
    const weight = weights.subarray(first, first + channels);
    return weight.reduce((sum, each) => sum + each, 0) / channels;
  });
  const scale = shown.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const data = Uint8Array.from(shown, (weight) => ZERO + (scale === 0 ? 0 : Math.round((SPAN * weight) / scale)));
  return [
    { name: BLOCKS.shownWeights, type: 'u8', shape: [units, pixels], data },
    { name: BLOCKS.shownWeightScale, type: 'f64', shape: [1, 1], data: Float64Array.of(scale) },
  ];
}

/** Checks what the first layer has added to `look` rows. @throws ProtocolError where it makes no sense */
export function checkShown(dataOf: DataOf, producer: string): void {
  const [scale = NaN] = dataOf(BLOCKS.shownWeightScale, 'f64');
  if (scale >= 0 && scale < Infinity) return;
  throw new ProtocolError(`${producer} sent weights to be shown that reach to ${scale}`);
}

/** What `look` rows carry. */
interface Seen extends Judged {
  readonly labels: Uint8Array;
  readonly dataOf: DataOf;
}

/** A look, from the rows that have passed all layers. */
export function lookOf({ epoch, batch }: Rows, { id, image }: LookRequest, plan: Plan, seen: Seen): Look {
  const {
    labels: [label = 0],
    dataOf,
  } = seen;
  const scores = scoresOf(plan, seen, 1);
  const trained = trainedLayers(plan);
  const layers = plan.layers.map((_, index): LayerLook | null => {
    const place = trained.indexOf(index);
    if (place < 0) return null;
    const activations = base64(dataOf(blocksOfLayer(index).shownActivations, 'f32'));
    return { goodness: [...(scores[place] ?? [])], activations };
  });
  const [scale = 0] = dataOf(BLOCKS.shownWeightScale, 'f64');
  const { width, height } = plan.data;
  return {
    id,
    image,
    step: stepAt({ epoch, batches: batch }, plan),
    label,
    picture: { width, height, pixels: base64(dataOf(BLOCKS.pictures, 'u8')) },
    layers,
    weights: { units: shownWeights(plan), width, height, scale, pixels: base64(dataOf(BLOCKS.shownWeights, 'u8')) },
  };
}

/** Little-endian, as all machines are that an engine works on. */
function base64({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
