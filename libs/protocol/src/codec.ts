import { Packr } from 'msgpackr';
import { ProtocolError } from './errors.js';
import { ELEMENT_BYTES, wireHeader } from './frame.js';
import type { Block, Envelope, Frame, LinkMessage, Sums, WireHeader } from './frame.js';
import { joinShort, Parts } from './parts.js';

/**
 * A frame on the wire, all little-endian:
 *
 *     0   4 bytes   the letters LLF1
 *     4   u32       H, the header's length in bytes
 *     8   H bytes   the header in MessagePack: {@link WireHeader}
 *         0 … 15    zero bytes up to a multiple of 16
 *         blocks    in the order of the header, each padded with zero bytes to a multiple of 16
 *
 * Tensors stay outside of MessagePack, at aligned offsets, so that they are read where they lie.
 */
const MAGIC = 0x31464c4c;
const PREFIX_BYTES = 8;
const ALIGNMENT = 16;
const MAX_HEADER_BYTES = 256 * 1024;
/** Below this, copying a part to its neighbour costs less than handing it to a socket by itself. */
const SHORT_BYTES = 16 * 1024;

const packr = new Packr({ useRecords: false, variableMapSize: true });

/** Room that a header takes at most for a frame with `blocks` blocks, in bytes. */
export function headerAllowance(blocks: number): number {
  return 1024 + 128 * blocks;
}

/** The bytes of a frame in few parts, which share the memory of large blocks: leave it unchanged until they are sent. */
export function encodeFrame(envelope: Envelope, frame: LinkMessage): Uint8Array[] {
  const { blocks = [] } = frame;
  const header = packr.pack(headerOf(envelope, frame, blocks));
  const prefix = new Uint8Array(aligned(PREFIX_BYTES + header.length));
  const view = new DataView(prefix.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, header.length, true);
  prefix.set(header, PREFIX_BYTES);
  const parts: Uint8Array[] = [prefix];
  for (const { data } of blocks) {
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const padding = aligned(data.byteLength) - data.byteLength;
    if (padding > 0) parts.push(new Uint8Array(padding));
  }
  return joinShort(parts, SHORT_BYTES);
}

/** A frame that was read, and where it belongs. */
export interface Decoded<Message extends LinkMessage> {
  readonly envelope: Envelope;
  readonly frame: Message;
}

/** Reads rows or a barrier, as {@link decode} does. @throws ProtocolError for whatever else the bytes are */
export function decodeFrame(parts: readonly Uint8Array[]): Decoded<Frame> {
  const { envelope, frame } = decode(parts);
  if (frame.kind === 'sums') throw new ProtocolError('Sums came where rows or a barrier were due');
  return { envelope, frame };
}

/** Reads sums, as {@link decode} does. @throws ProtocolError for whatever else the bytes are */
export function decodeSums(parts: readonly Uint8Array[]): Decoded<Sums> {
  const { envelope, frame } = decode(parts);
  if (frame.kind === 'sums') return { envelope, frame };
  throw new ProtocolError(`${frame.kind === 'rows' ? 'Rows' : 'A barrier'} came where sums were due`);
}

/**
 * Reads a frame of any kind that came in parts. Blocks are views of a part where they lie within it, aligned in memory, else
 * copies.
 * @throws ProtocolError when the bytes are anything but one whole valid frame
 */
export function decode(parts: readonly Uint8Array[]): Decoded<LinkMessage> {
  const bytes = new Parts(parts);
  const prefix = bytes.read(0, Math.min(PREFIX_BYTES, bytes.length));
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  if (prefix.length < PREFIX_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw new ProtocolError('A frame does not start with LLF1: the peer speaks another protocol');
  }
  const headerBytes = view.getUint32(4, true);
  if (headerBytes > MAX_HEADER_BYTES || PREFIX_BYTES + headerBytes > bytes.length) {
    throw new ProtocolError(`A frame of ${bytes.length} bytes claims a header of ${headerBytes}`);
  }
  const header = decodeHeader(bytes.read(PREFIX_BYTES, PREFIX_BYTES + headerBytes));
  const { envelope, frame } = header;
  const start = PREFIX_BYTES + headerBytes;
  requireZeros(bytes, start, aligned(start));
  const blocks = decodeBlocks(bytes, aligned(start), header.blocks);
  const isBare = frame.kind === 'barrier' && blocks.length === 0;
  return { envelope, frame: isBare ? frame : { ...frame, blocks } };
}

function headerOf(envelope: Envelope, frame: LinkMessage, blocks: readonly Block[]): WireHeader {
  const described = blocks.map(({ name, type, shape }) => ({ name, type, shape: [...shape] as [number, number] }));
  return { envelope, frame: withoutBlocks(frame), blocks: described };
}

/** What a frame has in the header beside the descriptions of its blocks. */
function withoutBlocks(frame: LinkMessage): WireHeader['frame'] {
  if (frame.kind === 'rows') {
    const { blocks: _, release: _release, ...header } = frame;
    return header;
  }
  const { blocks: _, ...header } = frame;
  return header;
}

function decodeHeader(bytes: Uint8Array): WireHeader {
  let raw: unknown;
  try {
    raw = packr.unpack(bytes);
  } catch (error) {
    throw new ProtocolError('The header of a frame is not MessagePack', { cause: error });
  }
  const parsed = wireHeader.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ProtocolError(
    `The header of a frame is wrong at ${issue?.path.join('.') || 'its root'}: ${issue?.message}`,
  );
}

function decodeBlocks(bytes: Parts, start: number, headers: WireHeader['blocks']): Block[] {
  let offset = start;
  const blocks = headers.map(({ name, type, shape }): Block => {
    const length = shape[0] * shape[1];
    const end = offset + length * ELEMENT_BYTES[type];
    if (end > bytes.length) {
      throw new ProtocolError(
        `A frame of ${bytes.length} bytes is too short for its block "${name}", which ends at ${end}`,
      );
    }
    const raw = bytes.read(offset, end);
    const { buffer, byteOffset } = raw.byteOffset % ELEMENT_BYTES[type] === 0 ? raw : new Uint8Array(raw);
    offset = aligned(end);
    requireZeros(bytes, end, offset);
    switch (type) {
      case 'f32':
        return { name, type, shape, data: new Float32Array(buffer, byteOffset, length) };
      case 'f64':
        return { name, type, shape, data: new Float64Array(buffer, byteOffset, length) };
      case 'u8':
        return { name, type, shape, data: new Uint8Array(buffer, byteOffset, length) };
    }
  });
  if (offset !== bytes.length)
    throw new ProtocolError(`A frame has ${bytes.length} bytes, but its blocks end at ${offset}`);
  return blocks;
}

/** Padding is always zero, so that a frame has only one encoding. What lies beyond the end of the frame is not checked here. */
function requireZeros(bytes: Parts, start: number, end: number): void {
  if (start === end || bytes.read(start, end).every((byte) => byte === 0)) return;
  throw new ProtocolError(`A frame has bytes other than zero in its padding, between ${start} and ${end}`);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
