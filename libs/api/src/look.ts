import { MAX_CLASSES, MAX_SHOWN_WEIGHTS } from '@layerline/plan';
import * as z from 'zod';
import { picture } from './reports.js';

const count = z.number().int().nonnegative();

/** How many looks of a run are kept; older ones go. */
export const MAX_LOOKS = 50;
/** How many may be asked for at a time. */
export const MAX_PENDING_LOOKS = 8;

/** What is looked at: an image of the test set, counted from 0. */
export const lookOrder = z.strictObject({ image: count });
export type LookOrder = z.infer<typeof lookOrder>;

/** By the number that the coordinator has given it, counted from 1 over the run. */
export const lookAsked = z.strictObject({ id: count });
export type LookAsked = z.infer<typeof lookAsked>;

/** What tells looks apart. `step` is the training batches of the run before it. */
const lookHead = z.strictObject({ id: count, image: count, step: count });
export type LookHead = z.infer<typeof lookHead>;

/** What a layer makes of an image. */
const layerLook = z.strictObject({
  /** Of the image under each label; the logits of its classes where readouts judge. */
  goodness: z.array(z.number()).max(MAX_CLASSES),
  /**
   * Under the true label, or without one where none is scored, of mean square 1, as the next layer takes them: base64
   * of fp32, little-endian, one a unit.
   */
  activations: z.base64(),
});
export type LayerLook = z.infer<typeof layerLook>;

/** What some units of the first layer have learned to see. */
const weightPictures = z.strictObject({
  units: count.max(MAX_SHOWN_WEIGHTS),
  width: count,
  height: count,
  /** The largest absolute weight of them all, which 1 and 255 stand for. */
  scale: z.number().nonnegative(),
  /** Base64 of a byte for each weight, unit by unit, row by row: 128 + 127 × weight ÷ `scale`. */
  pixels: z.base64(),
});
export type WeightPictures = z.infer<typeof weightPictures>;

/** What the network made of a test image at a moment of its training. */
export const look = lookHead.extend({
  label: count.max(MAX_CLASSES - 1),
  picture,
  /** In the order of the pipeline; null for a layer that a node's own program stands in for. */
  layers: z.array(layerLook.nullable()),
  weights: weightPictures,
});
export type Look = z.infer<typeof look>;

/** The looks that are kept of a run, the oldest first, and those that are asked for and have not come yet. */
export const lookList = z.strictObject({
  looks: z.array(lookHead),
  pending: z.array(z.strictObject({ id: count, image: count })),
});
export type LookList = z.infer<typeof lookList>;
