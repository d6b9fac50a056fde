import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { BundleWriter } from './bundle.js';
import { Cut } from './cut.js';
import { asRunFolderError, CheckpointError } from './errors.js';
import { checkFolder, removeFolders, removeTree, syncFolder } from './files.js';
import { checkSnapshotPart, manifestOf, SnapshotReader } from './snapshot-reader.js';
import type { Snapshot, SnapshotContent } from './snapshot-reader.js';
import type { UnitRange } from './state-part.js';

/** A number holds fifteen digits exactly. */
const STEP = /^(0|[1-9]\d{0,14})$/;
/** A feeder begins one when the one before has come to its end. Nobody needs more than these. */
const MOST_UNFINISHED = 8;
/** Of a snapshot that is not whole yet, or not whole any more. */
const LEFTOVER = /^\.\d+\.(partial|removed)$/;

/** A snapshot that has just become whole. */
export interface StoredSnapshot extends Snapshot {
  /** Sizes of its parts, in the order in which they came. */
  readonly parts: readonly { readonly name: string; readonly bytes: number }[];
  /** From the first thing that came for it until it was whole, on the disk. */
  readonly seconds: number;
}

/** A snapshot that is still missing something. */
interface Unfinished {
  readonly writer: BundleWriter;
  /** Of the parts that have come, in bytes. */
  readonly sizes: Map<string, number>;
  /** When the first thing came for it, by `performance.now`. */
  readonly since: number;
  metricsLines: number | undefined;
}

/**
 * The snapshots of a run: a folder `STEP` for each, with the state of every stage and `manifest.json`. Each appears under its
 * name when it is whole and on the disk, and loses the name before anything of it is removed. Layers may be cut into parts, in
 * each life of the run in another way; what is read does not depend on that.
 */
export class SnapshotStore {
  readonly #unfinished = new Map<number, Unfinished>();
  readonly #serially = pLimit(1);
  /** The newest complete step, −1 without one. Whatever comes for it or an older one is no longer needed. */
  #newest = -1;
  #cut: Cut<SnapshotContent>;
  readonly #reader: SnapshotReader;

  private constructor(
    readonly folder: string,
    readonly contents: readonly SnapshotContent[],
    readonly keep: number,
  ) {
    const whole = contents.map(({ name }) => name);
    this.#cut = new Cut(contents, whole, 'The snapshot');
    this.#reader = new SnapshotReader(folder, contents);
  }

  /**
   * Opens the store, and removes what was left half-written or half-removed. Nothing is made until the first part comes.
   * @param contents of each snapshot, in their order; each is one part until {@link cutInto}
   * @param keep complete snapshots that are kept, the newest, ≥ 1
   * @throws CheckpointError when the folder cannot be read, RunFolderError when it cannot be written, UnsafePathError when
   * it leads elsewhere or is another user's
   */
  static async open(folder: string, contents: readonly SnapshotContent[], keep: number): Promise<SnapshotStore> {
    const store = new SnapshotStore(folder, contents, keep);
    const leftovers = (await store.#list()).filter((name) => LEFTOVER.test(name));
    await store.#change(() => removeAll(leftovers.map((name) => join(folder, name))));
    [store.#newest = -1] = await store.steps();
    return store;
  }

  /**
   * From now on, snapshots come in these parts. Those that are not complete are forgotten, and complete ones stay readable.
   * @param names of the parts, in any order
   * @throws CheckpointError when they do not hold each content once, RunFolderError when what is half-written cannot be removed
   */
  async cutInto(names: readonly string[]): Promise<void> {
    this.#cut = new Cut(this.contents, names, 'The cut of the snapshots');
    await this.#serially(() => this.#change(() => this.#forget(Infinity)));
  }

  /**
   * Takes a part, in the place of one that has come before under its name. One of a step that is complete, or older than
   * one that is, is accepted and ignored.
   * @param step training batches of the whole run before the snapshot
   * @param bytes must stay as they are until the call returns
   * @returns the snapshot, when this made it complete
   * @throws CheckpointError for a part that is not one of the present cut, or bytes that are not of its format and units;
   * RunFolderError when it cannot be written, UnsafePathError when it would be written elsewhere: nothing is left of the
   * snapshot, and it takes no part any more until a rewind, but other steps do
   */
  async put(step: number, name: string, bytes: Uint8Array): Promise<StoredSnapshot | undefined> {
    const part = this.#cut.find(name);
    if (part === undefined) throw new CheckpointError(`A snapshot has no part named "${name}"`);
    checkSnapshotPart(bytes, part, `${name} of the snapshot at step ${step}`);
    return this.#add(step, async ({ writer, sizes }) => {
      await writer.put(name, bytes);
      sizes.set(name, bytes.byteLength);
    });
  }

  /**
   * Notes how many lines metrics.jsonl had at the snapshot's barrier. A snapshot without it is not complete.
   * @returns and throws what {@link put} does
   */
  async mark(step: number, metricsLines: number): Promise<StoredSnapshot | undefined> {
    return this.#add(step, async (unfinished) => {
      unfinished.metricsLines = metricsLines;
    });
  }

  /**
   * Finds the newest snapshot that is sound: every byte is as it was written, each part can be read back, and together
   * they have all contents.
   * @returns it, and for each newer one a sentence that names its folder and what is wrong with it
   * @throws CheckpointError when the folder cannot be read
   */
  async newest(): Promise<{ readonly snapshot: Snapshot | undefined; readonly damaged: readonly string[] }> {
    return this.#serially(async () => {
      const damaged: string[] = [];
      for (const step of await this.steps()) {
        try {
          return { snapshot: await this.#reader.verify(step), damaged };
        } catch (error) {
          if (!(error instanceof CheckpointError)) throw error;
          damaged.push(error.message);
        }
      }
      return { snapshot: undefined, damaged };
    });
  }

  /**
   * Reads a content, or some units of a layer, as one part, however the snapshot is cut. Only the parts that have them are read,
   * and every byte of those is checked.
   * @param range undefined for all of it
   * @throws CheckpointError when it is missing or damaged, or does not have these units
   */
  async read(step: number, name: string, range?: UnitRange): Promise<Uint8Array> {
    return this.#reader.read(step, name, range);
  }

  /**
   * Forgets snapshots that are not complete, and complete ones after a step: what follows will write them again.
   * @param step undefined to forget all
   * @throws RunFolderError when they cannot be removed
   */
  async rewind(step: number | undefined): Promise<void> {
    await this.#serially(() =>
      this.#change(async () => {
        await this.#forget(Infinity);
        await this.#remove((await this.steps()).filter((other) => other > (step ?? -1)));
        [this.#newest = -1] = await this.steps();
      }),
    );
  }

  /** Leaves nothing: snapshots are no longer needed. What others have put into the folder stays. @throws RunFolderError */
  async discard(): Promise<void> {
    await this.rewind(undefined);
    await removeFolders([this.folder]);
  }

  /** The steps of complete snapshots, the newest first, damaged ones among them. @throws CheckpointError */
  async steps(): Promise<number[]> {
    const names = (await this.#list()).filter((name) => STEP.test(name));
    return names.map(Number).sort((a, b) => b - a);
  }

  #add(step: number, change: (unfinished: Unfinished) => Promise<void>): Promise<StoredSnapshot | undefined> {
    return this.#serially(async () => {
      if (!STEP.test(String(step))) throw new CheckpointError(`${step} is not a step of a run`);
      if (step <= this.#newest) return undefined;
      const unfinished = await this.#unfinishedAt(step);
      await change(unfinished);
      const { writer, sizes, since, metricsLines } = unfinished;
      if (!writer.complete || metricsLines === undefined) return undefined;
      await writer.commit((parts) => manifestOf({ step, metricsLines }, parts));
      const seconds = (performance.now() - since) / 1000;
      this.#newest = step;
      await this.#tidy(step);
      return { step, metricsLines, parts: Array.from(sizes, ([name, bytes]) => ({ name, bytes })), seconds };
    });
  }

  /** One that could not be written stays here and refuses further parts, until newer ones take its place. */
  async #unfinishedAt(step: number): Promise<Unfinished> {
    const known = this.#unfinished.get(step);
    if (known !== undefined) return known;
    if (this.#unfinished.size === MOST_UNFINISHED) await this.#forget(Math.min(...this.#unfinished.keys()));
    const names = this.#cut.parts.map(({ name }) => name);
    const writer = new BundleWriter(this.#reader.folderOf(step), names, '');
    const since = performance.now();
    const unfinished: Unfinished = { writer, sizes: new Map(), since, metricsLines: undefined };
    this.#unfinished.set(step, unfinished);
    return unfinished;
  }

  /** Removes what a complete snapshot makes useless. */
  async #tidy(newest: number): Promise<void> {
    try {
      await this.#forget(newest);
      await this.#remove((await this.steps()).slice(this.keep));
    } catch {
      // The snapshot is whole all the same. What is still there goes after the next one, or when the store is opened again.
    }
  }

  /** Gives up what is half-written up to a step. */
  async #forget(last: number): Promise<void> {
    for (const [step, { writer }] of this.#unfinished) {
      if (step > last) continue;
      this.#unfinished.delete(step);
      await writer.abandon();
    }
  }

  /** Removes complete snapshots. Each loses its name, also after a power cut, before a file of it goes. */
  async #remove(steps: readonly number[]): Promise<void> {
    if (steps.length === 0) return;
    const hidden = steps.map((step) => join(this.folder, `.${step}.removed`));
    await removeAll(hidden);
    await Promise.all(steps.map((step, index) => rename(this.#reader.folderOf(step), hidden[index] as string)));
    await syncFolder(this.folder);
    await removeAll(hidden);
  }

  /** What is in the folder; nothing where it is missing. Nothing is changed there before it has been found safe here. */
  async #list(): Promise<string[]> {
    await checkFolder(this.folder);
    return readdir(this.folder).catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return [];
      throw new CheckpointError(`Cannot read the folder of snapshots ${this.folder}: ${message}`, { cause: error });
    });
  }

  async #change(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw asRunFolderError(this.folder, error);
    }
  }
}

async function removeAll(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => removeTree(path)));
}
