import { Packr } from 'msgpackr';
import type * as z from 'zod';
import { ProtocolError } from './errors.js';
import { expectation } from './expectation.js';

const packr = new Packr({ useRecords: false });

/** How deep objects and lists of a control message may lie in each other. A plan has five levels, and a report fewer. */
export const MAX_MESSAGE_DEPTH = 32;

/** A control message in MessagePack. */
export function encodeMessage(message: unknown): Uint8Array {
  return packr.pack(message);
}

/** Reads a control message that has come in. @throws ProtocolError for whatever is not one */
export function decodeMessage<Message>(schema: z.ZodType<Message>, bytes: Uint8Array): Message {
  let raw: unknown;
  try {
    raw = packr.unpack(bytes);
  } catch (error) {
    throw new ProtocolError(`A message is not MessagePack: ${(error as Error).message}`, { cause: error });
  }
  requireShallow(raw);
  return parse(schema, raw);
}

/** Checks a message that has come in. @throws ProtocolError that names the field */
export function parse<Message>(schema: z.ZodType<Message>, raw: unknown): Message {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues as [z.core.$ZodIssue];
  throw new ProtocolError(`A message is wrong at ${issue.path.join('.') || 'its root'}: ${expectation(schema, issue)}`);
}

/**
 * Checks that something can be passed on as a part of a control message, before that is what it is.
 * @param maxBytes its length in MessagePack
 * @throws ProtocolError
 */
export function requirePassable(part: unknown, maxBytes: number): void {
  requireShallow(part);
  const { length } = encodeMessage(part);
  if (length > maxBytes) throw new ProtocolError(`A message has ${length} bytes: the most is ${maxBytes}`);
}

/** What is deeper would run the stack out wherever it is read or written by recursion. @throws ProtocolError */
function requireShallow(message: unknown): void {
  if (isDeeper(message, MAX_MESSAGE_DEPTH)) {
    throw new ProtocolError(`A message is nested more than ${MAX_MESSAGE_DEPTH} levels deep`);
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
