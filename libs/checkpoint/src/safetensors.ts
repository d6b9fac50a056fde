import * as z from 'zod';
import { CheckpointError } from './errors.js';

/** A named fp32 matrix, row-major. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor as it lies in a file. */
export interface TensorBytes {
  readonly name: string;
  readonly shape: readonly number[];
  /** fp32, little-endian. A view of the file, aligned to nothing. */
  readonly data: Uint8Array;
}

/** A tensor of a file that is to be written. */
export interface TensorPieces {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its numbers, fp32 and little-endian, one piece after the other. */
  readonly pieces: readonly Uint8Array[];
}

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;

const METADATA = '__metadata__';

const tensorSchema = z.strictObject({
  dtype: z.literal('F32'),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const tensorsSchema = z.record(z.string(), tensorSchema);
const metadataSchema = z.record(z.string(), z.string()).optional();

/**
 * Writes tensors in the safetensors format (huggingface/safetensors, format 0.4): the header's length as a
 * little-endian u64, the header in JSON padded with spaces, then the data, little-endian.
 * @param tensors no two of the same name, and none named `__metadata__`
 */
export function encodeSafetensors(tensors: readonly NamedTensor[], metadata: Record<string, string> = {}): Uint8Array {
  const whole = tensors.map(({ name, shape, data }) => {
    return { name, shape, pieces: [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] };
  });
  return assembleSafetensors(whole, { format: 'layerline', ...metadata });
}

/** Does the same for tensors that lie in pieces, each of which is copied once. @param metadata all of it */
export function assembleSafetensors(
  tensors: readonly TensorPieces[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = { [METADATA]: metadata };
  let offset = 0;
  for (const { name, shape, pieces } of tensors) {
    const end = pieces.reduce((sum, { byteLength }) => sum + byteLength, offset);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = Math.ceil((LENGTH_BYTES + json.length) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + offset).fill(0x20, LENGTH_BYTES, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  bytes.set(json, LENGTH_BYTES);
  let at = start;
  for (const piece of tensors.flatMap(({ pieces }) => pieces)) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file of fp32 tensors, in the order in which they lie in it. Every byte must belong to one.
 * @param source named in errors
 * @throws CheckpointError when the bytes are not such a file, or only part of one
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): NamedTensor[] {
  return layOut(bytes, source).map(({ name, shape, data }) => {
    return { name, shape, data: new Float32Array(new Uint8Array(data).buffer) };
  });
}

/** Checks all of a safetensors file but its numbers, and copies nothing. @throws CheckpointError as {@link decodeSafetensors} */
export function checkSafetensors(bytes: Uint8Array, source: string): void {
  layOut(bytes, source);
}

/** What a safetensors file says about itself beside its tensors. @throws CheckpointError as {@link decodeSafetensors} */
export function safetensorsMetadata(bytes: Uint8Array, source: string): Readonly<Record<string, string>> {
  return parseHeader(headerOf(bytes, source), source).metadata;
}

/**
 * The tensors of a file, in the order in which they lie in it; nothing is copied. @throws CheckpointError as {@link
 * decodeSafetensors}
 */
export function layOut(bytes: Uint8Array, source: string): TensorBytes[] {
  const header = headerOf(bytes, source);
  const data = bytes.subarray(LENGTH_BYTES + header.length);
  let offset = 0;
  const tensors = parseHeader(header, source).tensors.map(([name, entry]) => {
    const {
      shape,
      data_offsets: [begin, end],
    } = entry;
    const elements = shape.reduce((product, size) => product * size, 1);
    if (begin !== offset || end - begin !== elements * Float32Array.BYTES_PER_ELEMENT || end > data.length) {
      throw new CheckpointError(`${source} is damaged: its tensor "${name}" does not fit into the file`);
    }
    offset = end;
    return { name, shape, data: data.subarray(begin, end) };
  });
  if (offset !== data.length) {
    throw new CheckpointError(`${source} is damaged: ${data.length - offset} bytes at its end belong to no tensor`);
  }
  return tensors;
}

/** The bytes of a file's header. */
function headerOf(bytes: Uint8Array, source: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < LENGTH_BYTES ? Infinity : Number(view.getBigUint64(0, true));
  if (LENGTH_BYTES + length <= bytes.length) return bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  throw new CheckpointError(`${source} is not a safetensors file, or only the beginning of one`);
}

/** The tensors that a header describes, by where they lie, and its metadata. */
function parseHeader(bytes: Uint8Array, source: string) {
  try {
    const raw: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const { [METADATA]: metadata, ...tensors } = z.record(z.string(), z.unknown()).parse(raw);
    const entries = Object.entries(tensorsSchema.parse(tensors));
    entries.sort(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
    return { tensors: entries, metadata: metadataSchema.parse(metadata) ?? {} };
  } catch (error) {
    throw new CheckpointError(`${source} is damaged: its header is not that of fp32 safetensors`, { cause: error });
  }
}
