import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from './content.js';
import type { DataSpec, ImageSet } from './dataset.js';
import { DataFormatError } from './errors.js';
import { decodePicture, isPicture } from './formats/picture-file.js';

/** Pictures without labels. */
export interface PictureSet {
  readonly files: readonly string[];
  /** With the label 0 for all. */
  readonly set: ImageSet;
}

/**
 * Reads pictures like those of a data set.
 * @param paths files, and folders of them
 * @throws DataFormatError for one of another size, or with colours where the data set has none
 */
export async function readPictures(paths: readonly string[], spec: DataSpec): Promise<PictureSet> {
  const files = (await Promise.all(paths.map(filesIn))).flat();
  if (files.length === 0) throw new DataFormatError(paths.join(', '), undefined, 'there is no PNG or JPEG file');
  const size = spec.height * spec.width * spec.channels;
  const images = new Uint8Array(files.length * size);
  for (const [row, file] of files.entries()) {
    const { height, width, channels, data } = await decodePicture(file);
    if (height !== spec.height || width !== spec.width || channels > spec.channels) {
      const [is, needed] = [{ height, width, channels }, spec].map(described);
      throw new DataFormatError(file, undefined, `has ${is}, and the network has learned from ${needed}`);
    }
    const into = images.subarray(row * size, (row + 1) * size);
    if (channels === spec.channels) into.set(data);
    else into.forEach((_, at) => (into[at] = data[Math.floor(at / spec.channels)] as number));
  }
  return { files, set: { images, labels: new Uint8Array(files.length), count: files.length } };
}

function described({ height, width, channels }: Pick<DataSpec, 'height' | 'width' | 'channels'>): string {
  return `${width} × ${height} ${channels === 1 ? 'grey' : 'coloured'} pixels`;
}

async function filesIn(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    return (await readdir(path))
      .filter(isPicture)
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw unreadable(path, error);
  }
}
