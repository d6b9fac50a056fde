import type { RandomKey } from '@layerline/ops';
import type { Module } from '../module.js';

/** The rows that a batch is made of, to be written pair by pair. */
export interface PairWriter {
  /** The training rows of the batch, one for each pair. */
  readonly chosen: Uint32Array;
  /** Of all training rows; from 0 to `classes` − 1. Undefined where layers are to learn without them. */
  readonly labels: Uint8Array | undefined;
  readonly classes: number;
  /** How many training rows there are. */
  readonly rows: number;
  /** Rows of each image of the batch. */
  readonly copies: number;
  /**
   * How often each class is to be drawn as a wrong label of each training row, [rows, classes], relative to the row's others.
   * Undefined before the first ranking.
   */
  readonly weights: Uint8Array | undefined;
  /** Counted from 1. */
  readonly epoch: number;
  /** For all draws; the same in every epoch. */
  readonly key: RandomKey;
  /** Of a picture, in pixels. */
  readonly height: number;
  readonly width: number;
  /** Shows a training row's image. @param place of the image in the batch, from 0 */
  image(place: number, row: number): void;
  /** Shows row `a` where the mask of height × width is 1, and `b` where it is 0. */
  hybrid(place: number, a: number, b: number, mask: Uint8Array): void;
  /** Shows the mean of two rows' images. */
  mean(place: number, a: number, b: number): void;
  /** Lays a label over a copy of an image. @param copy from 0 */
  label(place: number, copy: number, label: number | 'neutral'): void;
}

/** How the negative row of each pair comes about. */
export interface Negatives<Name extends string = string> extends Module<Name, never> {
  /**
   * Images of a pair. With 1, both rows show the same, as copies 0 and 1 of it; with 2, the positive rows' images come
   * first, and each row is copy 0 of its own.
   */
  readonly imagesPerPair: 1 | 2;
  /** Whether they are made of labels, and so not for training without them. */
  readonly needsLabels: boolean;
  /** Writes all rows of a batch. Depends on key, epoch, rows and, of hard ones, the weights alone. */
  readonly write: (batch: PairWriter) => void;
}

/** Negatives, with their name. */
export function negatives<const Name extends string>(definition: Negatives<Name>): Negatives<Name> {
  return definition;
}

/** The label of a row; neutral where layers learn without labels. */
export function labelOf({ labels }: Pick<PairWriter, 'labels'>, row: number): number | 'neutral' {
  return labels?.[row] ?? 'neutral';
}

/** The labels of all rows, for negatives that need them. @throws RangeError where there are none */
export function labelsOf({ labels }: Pick<PairWriter, 'labels'>): Uint8Array {
  if (labels === undefined) throw new RangeError('These negatives are made of labels');
  return labels;
}
