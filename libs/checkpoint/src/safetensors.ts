import { z } from 'zod';
import { CheckpointError } from './errors.js';

/** A named fp32 matrix, row-major. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;

const headerSchema = z.record(
  z.string(),
  z.union([
    z.strictObject({
      dtype: z.literal('F32'),
      shape: z.array(z.number().int().nonnegative()),
      data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
    }),
    z.record(z.string(), z.string()),
  ]),
);

/**
 * Writes tensors in the safetensors format (huggingface/safetensors, format 0.4): the header's length as a
 * little-endian u64, the header in JSON padded with spaces, then the data, little-endian.
 */
export function encodeSafetensors(tensors: readonly NamedTensor[], metadata: Record<string, string> = {}): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'layerline', ...metadata } };
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = Math.ceil((LENGTH_BYTES + json.length) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + offset).fill(0x20, LENGTH_BYTES, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  bytes.set(json, LENGTH_BYTES);
  let at = start;
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file of fp32 tensors.
 * @param source named in errors
 * @throws CheckpointError when the bytes are not such a file, or only part of one
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): NamedTensor[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.length < LENGTH_BYTES ? Infinity : Number(view.getBigUint64(0, true));
  if (LENGTH_BYTES + headerBytes > bytes.length) {
    throw new CheckpointError(`${source} is not a safetensors file, or only the beginning of one`);
  }
  const start = LENGTH_BYTES + headerBytes;
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, start), source);
  return Object.entries(header).flatMap(([name, entry]) => {
    if (name === '__metadata__' || !('dtype' in entry && typeof entry.dtype === 'string' && 'data_offsets' in entry)) return [];
    const { shape, data_offsets: range } = entry as { shape: number[]; data_offsets: [number, number] };
    const elements = shape.reduce((product, size) => product * size, 1);
    if (range[1] - range[0] !== elements * Float32Array.BYTES_PER_ELEMENT || start + range[1] > bytes.length) {
      throw new CheckpointError(`${source} is damaged: its tensor "${name}" does not fit into the file`);
    }
    const from = bytes.byteOffset + start;
    return [{ name, shape, data: new Float32Array(bytes.buffer.slice(from + range[0], from + range[1])) }];
  });
}

function parseHeader(bytes: Uint8Array, source: string): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new CheckpointError(`${source} is damaged: its header is not that of fp32 safetensors`, { cause: error });
  }
}
