import { readContent, sha256, short } from './content.js';
import { PIXELS, SIDE, type FileDatasetName, type GreySet } from './dataset.js';
import { DatasetFileError, IdxError } from './errors.js';
import type { FoundFiles } from './find-files.js';
import { parseImages, parseLabels } from './formats/idx.js';
import { PARTS, type Part, type Source, type Sources } from './sources.js';

interface ReadFile {
  readonly path: string;
  /** Pixels or labels. */
  readonly elements: Uint8Array;
  readonly sha256: string;
}

/** The two sets of published data. */
export interface GreySets {
  readonly train: GreySet;
  readonly test: GreySet;
}

/**
 * Reads a data set and checks that it is, byte for byte, the published one.
 * @throws {IdxError} when a file's structure is broken
 * @throws {DatasetFileError} when a file cannot be read or is not the published one
 */
export async function readFiles(found: FoundFiles, name: FileDatasetName, sources: Sources): Promise<GreySets> {
  const source = sources[name];
  const read = await Promise.allSettled(PARTS.map((part) => readPart(found.paths[part], part, source)));
  const parts = new Map<Part, ReadFile>();
  // In the order of the files, not of their failures, so that the same files always lead to the same message.
  for (const [index, result] of read.entries()) {
    if (result.status === 'rejected') throw result.reason;
    parts.set(PARTS[index] as Part, result.value);
  }
  for (const [part, file] of parts) refuseOther(file, part, name, sources);
  const train = pair(parts, 'train-images', 'train-labels');
  const test = pair(parts, 'test-images', 'test-labels');
  for (const [part, file] of parts) refuseChanged(file, part, source);
  return { train, test };
}

async function readPart(path: string, part: Part, source: Source): Promise<ReadFile> {
  const content = await readContent(path, source.files[part].bytes);
  const elements = holdsImages(part) ? squares(content, path) : parseLabels(content, path);
  return { path, elements, sha256: await sha256(content) };
}

function squares(content: Uint8Array, path: string): Uint8Array {
  const { height, width, pixels } = parseImages(content, path);
  if (height === SIDE && width === SIDE) return pixels;
  throw new IdxError('ERR_IDX_DIMENSIONS', path, `images of ${height} × ${width} pixels; ${SIDE} × ${SIDE} needed`);
}

function holdsImages(part: Part): boolean {
  return part === 'train-images' || part === 'test-images';
}

/** Refuses a file whose content is that of another published file. */
function refuseOther(file: ReadFile, part: Part, name: FileDatasetName, sources: Sources): void {
  for (const [otherName, other] of Object.entries(sources)) {
    for (const otherPart of PARTS) {
      if (other.files[otherPart].sha256 !== file.sha256) continue;
      if (otherName === name && otherPart === part) return;
      const is = `${other.title}'s ${other.files[otherPart].name}`;
      const message = `${file.path} is ${is}, not ${sources[name].title}'s ${sources[name].files[part].name}`;
      throw otherName === name
        ? new DatasetFileError('ERR_DATASET_SWAPPED', `${message}: rename the files`)
        : new DatasetFileError('ERR_DATASET_MISLABELLED', `${message}: choose data set ${otherName} or other files`);
    }
  }
}

function refuseChanged(file: ReadFile, part: Part, source: Source): void {
  const expected = source.files[part].sha256;
  if (file.sha256 === expected) return;
  const found = `SHA-256 ${short(file.sha256)} instead of ${short(expected)}`;
  const message = `${file.path} is not ${source.title}'s ${source.files[part].name} (${found}): fetch it again`;
  throw new DatasetFileError('ERR_DATASET_CHECKSUM', message);
}

function pair(parts: ReadonlyMap<Part, ReadFile>, images: Part, labels: Part): GreySet {
  const pixels = parts.get(images) as ReadFile;
  const classes = parts.get(labels) as ReadFile;
  const count = classes.elements.length;
  const size = pixels.elements.length / PIXELS;
  if (size !== count) {
    const message = `${pixels.path} has ${size} images and ${classes.path} ${count} labels: they do not belong together`;
    throw new DatasetFileError('ERR_DATASET_COUNT', message);
  }
  return { images: pixels.elements, labels: classes.elements, count };
}
