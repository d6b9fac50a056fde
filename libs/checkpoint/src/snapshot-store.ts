import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { bundleParts, BundleWriter, readManifest, readPart } from './bundle.js';
import { CheckpointError, RunFolderError } from './errors.js';

const count = z.number().int().nonnegative();

const manifestSchema = z.strictObject({
  format: z.literal('layerline-snapshot.1'),
  step: count,
  metricsLines: count,
  savedAt: z.string(),
  parts: bundleParts,
});

/** A snapshot that is whole. */
export interface Snapshot {
  /** Training batches of the whole run before its barrier. */
  readonly step: number;
  /** Lines that `metrics.jsonl` had at its barrier. */
  readonly metricsLines: number;
}

/** A snapshot of which not every part is there yet. */
interface Pending {
  readonly bundle: BundleWriter;
  metricsLines: number | undefined;
  /** Set once, by whoever brings the last thing that was missing. */
  committing: boolean;
}

const STEP = /^\d+$/;
/** Of folders that are being made or removed; see {@link BundleWriter}. */
const HIDDEN = /^\.\d+\.(partial|removed)$/;

/** The snapshots of a run on disk: each a folder named by its step, which is there only when it is whole. */
export class SnapshotStore {
  readonly #pending = new Map<number, Pending>();

  private constructor(
    readonly folder: string,
    readonly names: readonly string[],
    readonly keep: number,
  ) {}

  /**
   * Opens the snapshots in a folder, which need not be there yet, and removes what a process has left half-written.
   * @param names of the parts of each snapshot @param keep how many complete ones are kept, at least 1
   * @throws RunFolderError
   */
  static async open(folder: string, names: readonly string[], keep: number): Promise<SnapshotStore> {
    const store = new SnapshotStore(folder, names, keep);
    await store.#removeHidden();
    return store;
  }

  /** Steps of the complete snapshots, the newest first. @throws RunFolderError */
  async steps(): Promise<number[]> {
    const names = (await this.#entries()).filter((name) => STEP.test(name));
    return names.map(Number).sort((a, b) => b - a);
  }

  /**
   * Takes a part.
   * @returns the snapshot, where this has made it whole
   * @throws CheckpointError for a part that no snapshot has, RunFolderError where it cannot be written: what was there of
   * this snapshot is removed, and later ones may succeed
   */
  async put(step: number, name: string, bytes: Uint8Array): Promise<Snapshot | undefined> {
    const pending = await this.#open(step);
    if (pending === undefined) return undefined;
    return this.#orForget(step, async () => {
      await pending.bundle.put(name, bytes);
      return this.#commitWhenWhole(step, pending);
    });
  }

  /** Notes the length of the metrics at a snapshot's barrier, without which it is not whole. Otherwise as {@link put}. */
  async mark(step: number, metricsLines: number): Promise<Snapshot | undefined> {
    const pending = await this.#open(step);
    if (pending === undefined) return undefined;
    pending.metricsLines = metricsLines;
    return this.#orForget(step, () => this.#commitWhenWhole(step, pending));
  }

  /**
   * The newest snapshot whose every byte is as it was written.
   * @returns with it, a sentence on each newer one that is damaged
   */
  async newest(): Promise<{ readonly snapshot: Snapshot | undefined; readonly damaged: readonly string[] }> {
    const damaged: string[] = [];
    for (const step of await this.steps()) {
      try {
        return { snapshot: await this.#verify(step), damaged };
      } catch (error) {
        damaged.push(`the snapshot at step ${step} cannot be used: ${(error as Error).message}`);
      }
    }
    return { snapshot: undefined, damaged };
  }

  /** A part, checked. @throws CheckpointError where it is not there, or damaged */
  async read(step: number, name: string): Promise<Uint8Array> {
    const folder = this.#folderOf(step);
    const { parts } = await readManifest(folder, manifestSchema, 'snapshot');
    const part = parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new CheckpointError(`The snapshot at ${folder} has no part named "${name}"`);
    return readPart(folder, part);
  }

  /** Forgets half-written snapshots, and those after `step`, all where it is undefined: they will be written again. */
  async rewind(step: number | undefined): Promise<void> {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { bundle } of pending) await bundle.abandon();
    for (const later of (await this.steps()).filter((found) => step === undefined || found > step)) {
      await this.#remove(later);
    }
  }

  /** Leaves nothing: no snapshot is needed any more. */
  async discard(): Promise<void> {
    await this.rewind(undefined);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The snapshot under way at a step, begun where there is none; undefined where it is whole already. */
  async #open(step: number): Promise<Pending | undefined> {
    const found = this.#pending.get(step);
    if (found !== undefined) return found;
    if ((await this.steps()).includes(step)) return undefined;
    const begun = this.#pending.get(step) ?? {
      bundle: new BundleWriter(this.#folderOf(step), this.names, ''),
      metricsLines: undefined,
      committing: false,
    };
    this.#pending.set(step, begun);
    return begun;
  }

  async #commitWhenWhole(step: number, pending: Pending): Promise<Snapshot | undefined> {
    const { bundle, metricsLines, committing } = pending;
    if (!bundle.complete || metricsLines === undefined || committing) return undefined;
    pending.committing = true;
    const snapshot = { step, metricsLines };
    await bundle.commit((parts) => {
      return { format: 'layerline-snapshot.1', ...snapshot, savedAt: new Date().toISOString(), parts };
    });
    this.#pending.delete(step);
    await this.#prune(step);
    return snapshot;
  }

  /** Drops a snapshot that cannot be written. */
  async #orForget<Result>(step: number, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RunFolderError) this.#pending.delete(step);
      throw error;
    }
  }

  /** Removes what a newer whole snapshot has made needless. */
  async #prune(newest: number): Promise<void> {
    for (const [step, { bundle }] of [...this.#pending]) {
      if (step > newest) continue;
      this.#pending.delete(step);
      await bundle.abandon();
    }
    for (const step of (await this.steps()).slice(this.keep)) await this.#remove(step);
  }

  async #verify(step: number): Promise<Snapshot> {
    const folder = this.#folderOf(step);
    const manifest = await readManifest(folder, manifestSchema, 'snapshot');
    if (manifest.step !== step) throw new CheckpointError(`${folder} holds the snapshot of step ${manifest.step}`);
    const names = manifest.parts.map(({ name }) => name);
    if (names.join() !== this.names.join()) throw new CheckpointError(`${folder} holds the parts ${names.join(', ')}`);
    await Promise.all(manifest.parts.map((part) => readPart(folder, part)));
    return { step, metricsLines: manifest.metricsLines };
  }

  /** Takes a snapshot away in one step, so that no part of one is ever taken for a whole one. */
  async #remove(step: number): Promise<void> {
    const removed = join(this.folder, `.${step}.removed`);
    await rename(this.#folderOf(step), removed);
    await rm(removed, { recursive: true, force: true });
  }

  async #removeHidden(): Promise<void> {
    for (const name of await this.#entries()) {
      if (HIDDEN.test(name)) await rm(join(this.folder, name), { recursive: true, force: true });
    }
  }

  async #entries(): Promise<string[]> {
    try {
      return await readdir(this.folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new RunFolderError(this.folder, error as NodeJS.ErrnoException);
    }
  }

  #folderOf(step: number): string {
    return join(this.folder, `${step}`);
  }
}
