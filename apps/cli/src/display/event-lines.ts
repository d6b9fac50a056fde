import type { StreamItem } from '@layerline/api';

/** Prints each event of a run as a line of JSON on standard output, as it passes. */
export async function* eventLines(items: AsyncIterable<StreamItem>): AsyncGenerator<StreamItem> {
  for await (const item of items) {
    process.stdout.write(`${JSON.stringify(item)}\n`);
    yield item;
  }
}
