import { open } from 'node:fs/promises';
import { compareEventIds, durableEvent } from '@layerline/api';
import type { DurableEvent } from '@layerline/api';

/** How far a file may be read: to where it ended when the reading began, or to where it has been cut back since. */
export interface Extent {
  bytes: number;
}

/**
 * The events in a run's metrics file after one and no later than another, in their order; read piece by piece, since a long run's
 * file is larger than a string can be.
 * @param path of metrics.jsonl @param extent kept up to date by whoever cuts the file @param after @param upTo ids of events
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
      // What follows has been withdrawn meanwhile, or is none of what was there.
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

/** @returns undefined for a line of a version that did not number events */
function eventOf(line: string): DurableEvent | undefined {
  try {
    return durableEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
