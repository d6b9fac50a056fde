import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readPlainFile } from '@layerline/process';
import { checkFolder, ensureFolder, replaceFile } from './files.js';

/** What is in the name of a look's file. */
export interface StoredLook {
  readonly id: number;
  /** In the test set. */
  readonly image: number;
  /** Training batches of the run before it. */
  readonly step: number;
}

const NAME = /^(\d{1,10})-image-(\d{1,10})-step-(\d{1,15})\.json$/;

/** The looks of a run: one file each in a folder, and no more than `kept` of them. */
export class LookStore {
  /** Of the last look that was numbered. */
  #last = 0;

  /** @param folder made for the first look @param mostBytes of a file */
  constructor(
    readonly folder: string,
    readonly kept: number,
    readonly mostBytes: number,
  ) {}

  /** The oldest first; none where the folder is missing or cannot be read. */
  list(): StoredLook[] {
    const looks = namesIn(this.folder).flatMap((name) => {
      const [, id, image, step] = NAME.exec(name) ?? [];
      return id === undefined ? [] : [{ id: Number(id), image: Number(image), step: Number(step) }];
    });
    return looks.sort((a, b) => a.id - b.id);
  }

  /** A number that no other look of the run has. Counted from 1. */
  nextId(): number {
    this.#last = Math.max(this.#last, this.list().at(-1)?.id ?? 0) + 1;
    return this.#last;
  }

  /** @throws UnsafePathError, the file system's error */
  async put(look: StoredLook, bytes: Uint8Array): Promise<void> {
    await ensureFolder(this.folder);
    await replaceFile(this.#path(look), bytes);
    for (const old of this.list().slice(0, -this.kept)) await rm(this.#path(old), { force: true });
  }

  /**
   * @returns what was put, or undefined where there is no such look
   * @throws NotPlainError, FileTooLargeError, UnsafePathError, the file system's error
   */
  async read(id: number): Promise<Uint8Array | undefined> {
    const found = this.list().find((look) => look.id === id);
    if (found === undefined) return undefined;
    await checkFolder(this.folder);
    return readPlainFile(this.#path(found), this.mostBytes);
  }

  #path({ id, image, step }: StoredLook): string {
    return join(this.folder, `${id}-image-${image}-step-${step}.json`);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
