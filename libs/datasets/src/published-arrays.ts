import { stat } from 'node:fs/promises';
import { sha256, SLACK, tooLarge, unreadable } from './content.js';
import { PIXELS, SIDE } from './dataset.js';
import { DataFormatError } from './errors.js';
import { imagesHeader, labelsHeader } from './formats/idx.js';
import type { Labels, RawSet } from './formats/format.js';
import { numpy } from './formats/npy.js';
import type { ReadPart } from './read-part.js';
import { PARTS, type Part, type Source } from './sources.js';

/**
 * Reads an `.npz` with the arrays of a published data set, as Keras keeps MNIST: the same bytes as in the IDX files, so their
 * checksums tell whether they are the published ones.
 * @throws DataFormatError where it is no `.npz`, or has no pictures of that size in both sets
 * @throws DatasetFileError when it cannot be read, or is far larger than all that was published: it is not read then
 */
export async function readArrayParts(path: string, { files }: Source): Promise<ReadonlyMap<Part, ReadPart>> {
  const most = PARTS.reduce((sum, part) => sum + files[part].bytes, SLACK);
  const { size } = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (size > most) throw tooLarge(path, most);
  const { train, test } = await numpy.read({ path, entries: undefined }, {}, {});
  if (test === undefined) throw new DataFormatError(path, undefined, 'has no test set: x_test and y_test are needed');
  return new Map([
    ['train-images', await imagesOf(train, path)],
    ['train-labels', await labelsOf(train, path)],
    ['test-images', await imagesOf(test, path)],
    ['test-labels', await labelsOf(test, path)],
  ]);
}

async function imagesOf({ values, count }: RawSet, path: string): Promise<ReadPart> {
  if (!(values instanceof Uint8Array) || values.length !== count * PIXELS) {
    throw new DataFormatError(path, undefined, `has other pictures than ${SIDE} × ${SIDE} bytes`);
  }
  const checksum = await sha256(joined(imagesHeader(count, SIDE, SIDE), values));
  return { path, elements: values, sha256: checksum };
}

async function labelsOf({ labels, count }: RawSet, path: string): Promise<ReadPart> {
  const elements = bytesOf(labels);
  return { path, elements, sha256: await sha256(joined(labelsHeader(count), elements)) };
}

/** Labels that are no numbers become 0: such a file is not the published one, and its checksum shows it. */
function bytesOf({ names, ofRow }: Labels): Uint8Array {
  const numbers = Uint8Array.from(names, Number);
  return ofRow.map((place) => numbers[place] as number);
}

function joined(header: Uint8Array, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(header.length + content.length);
  all.set(header);
  all.set(content, header.length);
  return all;
}
