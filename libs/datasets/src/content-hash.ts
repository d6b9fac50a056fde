import { createHash } from 'node:crypto';
import type { DataSpec, ImageSet } from './dataset.js';

/** A data set before it is divided up. */
export interface Content {
  readonly spec: DataSpec;
  readonly train: ImageSet;
  /** Undefined where the files say nothing of a test set. */
  readonly test: ImageSet | undefined;
}

/** SHA-256 of what a data set says, whatever files it came in: dimensions, classes, rows and labels. */
export function contentHash({ spec, train, test }: Content): string {
  const { kind, height, width, channels, classes } = spec;
  const hash = createHash('sha256').update(JSON.stringify([kind, height, width, channels, classes, train.count]));
  for (const set of test === undefined ? [train] : [train, test]) {
    const { buffer, byteOffset, byteLength } = set.images;
    hash.update(new Uint8Array(buffer, byteOffset, byteLength)).update(set.labels);
  }
  return hash.digest('hex');
}
