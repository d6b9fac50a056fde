import type { WebSocket } from 'ws';
import { ProtocolError } from './errors.js';
import type { Envelope } from './frame.js';
import type { LinkIdentity } from './link.js';
import { byteLength } from './parts.js';

/** Marks a frame as one of this life of the run. @param identity may have further keys, which are left out */
export function envelopeOf({ run, incarnation, generation }: LinkIdentity, sequence: number): Envelope {
  return { run, incarnation, generation, sequence };
}

/**
 * The length of an encoded frame, in bytes.
 * @param receiver whom it is for, for the message
 * @throws ProtocolError when it is larger than the plan allows
 */
export function lengthWithin(maxFrameBytes: number, parts: readonly Uint8Array[], receiver: string): number {
  const bytes = byteLength(parts);
  if (bytes <= maxFrameBytes) return bytes;
  throw new ProtocolError(`A frame of ${bytes} bytes is on its way to ${receiver}: the plan allows ${maxFrameBytes}`);
}

/**
 * Writes a frame as fragments of one message, which saves joining them here.
 * @param left called once, when none of them is needed in this process's memory any more, also where the socket has ended
 */
export function writeParts(socket: WebSocket, parts: readonly Uint8Array[], left: () => void): void {
  // They go in order: once the last is out, all are.
  parts.forEach((part, index) => {
    const fin = index === parts.length - 1;
    socket.send(part, { binary: true, fin }, fin ? left : undefined);
  });
}
