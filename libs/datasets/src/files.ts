import { readContent, sha256, short } from './content.js';
import { PIXELS, SIDE, type FileDatasetName, type GreySet } from './dataset.js';
import { DatasetFileError, IdxError } from './errors.js';
import type { PublishedPlace } from './find-files.js';
import { parseImages, parseLabels } from './formats/idx.js';
import { readArrayParts } from './published-arrays.js';
import type { ReadPart } from './read-part.js';
import { PARTS, type Part, type Source, type Sources } from './sources.js';

/** The two sets of published data. */
export interface GreySets {
  readonly train: GreySet;
  readonly test: GreySet;
  /** The files that they were read from. */
  readonly paths: readonly string[];
}

/**
 * Reads a data set and checks that it is, byte for byte, the published one.
 * @throws {IdxError | DataFormatError} when a file's structure is broken
 * @throws {DatasetFileError} when a file cannot be read or is not the published one
 */
export async function readFiles(place: PublishedPlace, name: FileDatasetName, sources: Sources): Promise<GreySets> {
  const source = sources[name];
  const { directory, candidates } = place;
  const read = candidates === undefined ? await readArrayParts(directory, source) : await readParts(candidates, source);
  // That a file is another data set's says more than that one beside it is broken.
  for (const [part, file] of read) if (!(file instanceof Error)) refuseOther(file, part, name, sources);
  const parts = new Map([...read].map(([part, file]) => [part, whole(file)]));
  const train = pair(parts, 'train-images', 'train-labels');
  const test = pair(parts, 'test-images', 'test-labels');
  for (const [part, file] of parts) refuseChanged(file, part, source);
  const paths = candidates === undefined ? [directory] : PARTS.map((part) => (parts.get(part) as ReadPart).path);
  return { train, test, paths };
}

/** In the order of the files, not of their failures, so that the same files always lead to the same message. */
async function readParts(
  candidates: Readonly<Record<Part, readonly string[]>>,
  source: Source,
): Promise<ReadonlyMap<Part, ReadPart | Error>> {
  const asFailure = (error: Error): Error => error;
  const read = PARTS.map(async (part) => {
    return [part, await readLikeliest(candidates[part], part, source).catch(asFailure)] as const;
  });
  return new Map(await Promise.all(read));
}

function whole(file: ReadPart | Error): ReadPart {
  if (file instanceof Error) throw file;
  return file;
}

/** Reads the first file that is the published one; where none is, what there is to say is about the likeliest. */
async function readLikeliest([likeliest, ...others]: readonly string[], part: Part, source: Source): Promise<ReadPart> {
  const first = readPart(likeliest as string, part, source);
  const isPublished = ({ sha256 }: ReadPart): boolean => sha256 === source.files[part].sha256;
  if (await first.then(isPublished, () => false)) return first;
  for (const path of others) {
    const other = await readPart(path, part, source).catch(() => undefined);
    if (other !== undefined && isPublished(other)) return other;
  }
  return first;
}

async function readPart(path: string, part: Part, source: Source): Promise<ReadPart> {
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
function refuseOther(file: ReadPart, part: Part, name: FileDatasetName, sources: Sources): void {
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

function refuseChanged(file: ReadPart, part: Part, source: Source): void {
  const expected = source.files[part].sha256;
  if (file.sha256 === expected) return;
  const found = `SHA-256 ${short(file.sha256)} instead of ${short(expected)}`;
  const message = `${file.path} is not ${source.title}'s ${source.files[part].name} (${found}): fetch it again`;
  throw new DatasetFileError('ERR_DATASET_CHECKSUM', message);
}

function pair(parts: ReadonlyMap<Part, ReadPart>, images: Part, labels: Part): GreySet {
  const pixels = parts.get(images) as ReadPart;
  const classes = parts.get(labels) as ReadPart;
  const count = classes.elements.length;
  const size = pixels.elements.length / PIXELS;
  if (size !== count) {
    const message = `${pixels.path} has ${size} images and ${classes.path} ${count} labels: they do not belong together`;
    throw new DatasetFileError('ERR_DATASET_COUNT', message);
  }
  return { images: pixels.elements, labels: classes.elements, count };
}
