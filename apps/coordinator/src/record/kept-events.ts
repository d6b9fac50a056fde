import { open } from 'node:fs/promises';
import { compareEventIds, durableEvent } from '@layerline/api';
import type { DurableEvent } from '@layerline/api';

/** How far a file may be read: up to its end when reading began, or to where it has been truncated since. */
export interface Extent {
  bytes: number;
}

/**
 * The events in a run's metrics file after one event and up to and including another, in order. Read piece by piece, since
 * a long run's file can exceed the longest string.
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
  const file = await open(path);
  try {
    let offset = 0;
    for await (const line of file.readLines({ autoClose: false, end: extent.bytes - 1 })) {
      offset += Buffer.byteLength(line) + 1;
      // What follows has been withdrawn in the meantime, or written since.
      if (offset > extent.bytes) return;
      const event = eventOf(line);
      if (event === undefined || compareEventIds(event.id, after) <= 0) continue;
      if (compareEventIds(event.id, upTo) > 0) return;
      yield event;
    }
  } finally {
    await file.close();
  }
}

/** @returns undefined for a line from a version that did not number events */
function eventOf(line: string): DurableEvent | undefined {
  try {
    return durableEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
