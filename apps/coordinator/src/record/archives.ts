import { statSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILES } from '@layerline/checkpoint';
import type { RunSummary } from '@layerline/checkpoint';
import { RunArchive } from './run-archive.js';

/** How many stay open: each has its numbers in a scratch file, which takes seconds to make of a very long run. */
const MOST_OPEN = 8;

interface OpenArchive {
  /** What its files looked like when it was opened. */
  readonly stamp: string;
  readonly archive: Promise<RunArchive>;
}

/** Archives that are open, for the next request. */
export class Archives {
  /** By folder, the one that was asked for longest ago first. */
  readonly #open = new Map<string, OpenArchive>();

  /** The archive of a run, opened anew if something has been at work on it since. @throws what {@link RunArchive.open} does */
  async open(summary: RunSummary): Promise<RunArchive> {
    const { folder } = summary;
    const stamp = stampOf(summary);
    let found = this.#open.get(folder);
    if (found?.stamp !== stamp) {
      this.forget(folder);
      found = { stamp, archive: RunArchive.open(summary) };
    }
    this.#open.delete(folder);
    this.#open.set(folder, found);
    for (const [oldest] of [...this.#open].slice(0, -MOST_OPEN)) this.forget(oldest);
    try {
      return await found.archive;
    } catch (error) {
      if (this.#open.get(folder) === found) this.#open.delete(folder);
      throw error;
    }
  }

  close(): void {
    for (const folder of [...this.#open.keys()]) this.forget(folder);
  }

  /** Closes the archive of a run, if it is open. */
  forget(folder: string): void {
    void this.#open
      .get(folder)
      ?.archive.then((archive) => archive.close())
      .catch(() => undefined);
    this.#open.delete(folder);
  }
}

function stampOf({ folder, state, failure }: RunSummary): string {
  const { state: stateFile, metrics, history } = RUN_FILES;
  const files = [stateFile, metrics, history].map((file) => {
    const stats = statSync(join(folder, file), { throwIfNoEntry: false });
    return `${stats?.size ?? ''} ${stats?.mtimeMs ?? ''}`;
  });
  return [state, failure ?? '', ...files].join('\n');
}
