import { IdxError } from '../errors.js';

/**
 * The IDX format (LeCun, Cortes and Burges, "The MNIST database", "File formats"): two zero bytes, a type (8: unsigned
 * bytes), the number of dimensions, each dimension as a big-endian 32-bit number, and then the elements with the last
 * dimension fastest.
 */
const UNSIGNED_BYTES = 8;
const MAGIC = { images: UNSIGNED_BYTES * 256 + 3, labels: UNSIGNED_BYTES * 256 + 1 } as const;
const HEADER = { images: 16, labels: 8 } as const;

type IdxKind = keyof typeof MAGIC;

/** Images of one size. */
export interface IdxImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** count × height × width bytes, a view of the file's content. */
  readonly pixels: Uint8Array;
}

/**
 * Reads the images of an IDX file.
 * @param content the file, not compressed @param file its name for messages
 * @throws {IdxError} when it holds anything but whole grey images
 */
export function parseImages(content: Uint8Array, file: string): IdxImages {
  const view = header(content, file, 'images');
  const [count, height, width] = [view.getUint32(4), view.getUint32(8), view.getUint32(12)];
  if (height * width === 0) {
    throw new IdxError('ERR_IDX_DIMENSIONS', file, `images of ${height} × ${width} pixels`);
  }
  return { count, height, width, pixels: elements(content, file, 'images', count, height * width) };
}

/**
 * Reads the labels of an IDX file. Returns count bytes, a view of `content`.
 * @param content the file, not compressed @param file its name for messages
 * @throws {IdxError} when it holds anything but labels
 */
export function parseLabels(content: Uint8Array, file: string): Uint8Array {
  const count = header(content, file, 'labels').getUint32(4);
  return elements(content, file, 'labels', count, 1);
}

/** What an IDX file of images begins with. */
export function imagesHeader(count: number, height: number, width: number): Uint8Array {
  return headerOf([MAGIC.images, count, height, width]);
}

/** What an IDX file of labels begins with. */
export function labelsHeader(count: number): Uint8Array {
  return headerOf([MAGIC.labels, count]);
}

function headerOf(words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (const [index, word] of words.entries()) view.setUint32(4 * index, word);
  return new Uint8Array(view.buffer);
}

function header(content: Uint8Array, file: string, kind: IdxKind): DataView {
  const size = HEADER[kind];
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const magic = content.length >= 4 ? view.getUint32(0) : undefined;
  const other: IdxKind = kind === 'images' ? 'labels' : 'images';
  if (magic === MAGIC[other]) {
    throw new IdxError('ERR_IDX_KIND', file, `holds ${other} where ${kind} are expected: are the files swapped?`);
  }
  if (magic !== undefined && magic !== MAGIC[kind]) {
    const [is, needed] = [hex(magic), hex(MAGIC[kind])];
    throw new IdxError('ERR_IDX_MAGIC', file, `not an IDX file of ${kind}: it starts with ${is} instead of ${needed}`);
  }
  if (content.length === 0) throw new IdxError('ERR_IDX_TRUNCATED', file, 'is empty: fetch it again');
  if (content.length < size) {
    const problem = `truncated: ${content.length} bytes, and the header alone has ${size}`;
    throw new IdxError('ERR_IDX_TRUNCATED', file, problem);
  }
  return view;
}

function elements(content: Uint8Array, file: string, kind: IdxKind, count: number, size: number): Uint8Array {
  const needed = HEADER[kind] + count * size;
  if (count === 0) throw new IdxError('ERR_IDX_DIMENSIONS', file, `holds no ${kind}`);
  if (content.length < needed) {
    const problem = `truncated: ${content.length} bytes instead of ${needed} for its ${count} ${kind}`;
    throw new IdxError('ERR_IDX_TRUNCATED', file, problem);
  }
  if (content.length > needed) {
    const problem = `${content.length - needed} bytes too many after its ${count} ${kind}`;
    throw new IdxError('ERR_IDX_TRAILING', file, problem);
  }
  return content.subarray(HEADER[kind]);
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, '0')}`;
}
