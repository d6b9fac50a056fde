import { closeSync, openSync } from 'node:fs';
import { BEFORE_ALL, compareEventIds, durableEvent, eventIdText } from '@layerline/api';
import type { DurableEvent } from '@layerline/api';
import { fileLines, jsonObject } from '@layerline/telemetry';
import * as z from 'zod';

/** How far a file may be read: up to its end when reading began, or to where it has been truncated since. */
export interface Extent {
  bytes: number;
}

/** The place of the first event is found to within so many bytes, which are then read through. */
const NEAR_BYTES = 2 ** 18;
/** Pieces in which that place is looked for. */
const PIECE_BYTES = 2 ** 14;

/** An event that may lack what old versions did not write, and have what newer ones do. */
const anyVersion = z.discriminatedUnion('type', [
  durableEvent.options[0].strip(),
  durableEvent.options[1].strip(),
  durableEvent.options[2].strip(),
  durableEvent.options[3].strip(),
  durableEvent.options[4].strip(),
]);

/**
 * The events in a run's metrics file after one event and up to and including another, in order. Read piece by piece, since
 * a long run's file can exceed the longest string, and from near the first one, whose place follows from ids only growing.
 * @param path of metrics.jsonl
 * @param extent updated by the caller when the file is truncated
 * @param after id of the event before the first @param upTo id of the last
 * @throws the file system's error
 */
export async function* keptEvents(
  path: string,
  extent: Readonly<Extent>,
  after: string,
  upTo: string,
): AsyncGenerator<DurableEvent> {
  if (extent.bytes === 0) return;
  const file = openSync(path, 'r');
  try {
    const from = await placeNear(file, extent.bytes, after);
    for await (const { bytes, offset } of fileLines(file, { from, to: extent.bytes })) {
      // What follows has been withdrawn in the meantime, or written since.
      if (offset + bytes.length + 1 > extent.bytes) return;
      const event = durableEvent.safeParse(jsonObject(bytes)).data;
      if (event === undefined || compareEventIds(event.id, after) <= 0) continue;
      if (compareEventIds(event.id, upTo) > 0) return;
      yield event;
    }
  } finally {
    closeSync(file);
  }
}

/** The event that a line is, whichever version wrote it. @param at for one that does not say when it was, in ISO 8601 */
export function eventOf(line: object, at: string): DurableEvent | undefined {
  return anyVersion.safeParse({ id: BEFORE_ALL, at, ...line }).data;
}

/** The id of the event that a line is; undefined for one from a version that did not number events. */
export function idOf(line: object | undefined): string | undefined {
  const { id } = (line ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? eventIdText.safeParse(id).data : undefined;
}

/** A place where a line begins, not far before that of the first event after another. */
async function placeNear(file: number, size: number, after: string): Promise<number> {
  let [low, high] = [0, size];
  while (after !== BEFORE_ALL && high - low > NEAR_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const next = await firstNumbered(file, middle, high);
    if (next === undefined || compareEventIds(next.id, after) > 0) high = middle;
    else low = next.offset;
  }
  return low;
}

/** The first line with an id that begins between two places. */
async function firstNumbered(
  file: number,
  from: number,
  to: number,
): Promise<{ readonly id: string; readonly offset: number } | undefined> {
  let first = true;
  for await (const { bytes, offset } of fileLines(file, { from, pieceBytes: PIECE_BYTES })) {
    if (offset >= to) return undefined;
    // It begins earlier.
    const id = first ? undefined : idOf(jsonObject(bytes));
    first = false;
    if (id !== undefined) return { id, offset };
  }
  return undefined;
}
