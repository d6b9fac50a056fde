import { readdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { readPlainFileSync } from '@layerline/process';
import pLimit from 'p-limit';
import * as z from 'zod';
import { isSealed, seal, sha256Schema } from './digest.js';
import { asRunFolderError, CheckpointError, FencedError, RunFolderError } from './errors.js';
import { replaceFile } from './files.js';
import { RUN_FILES } from './run-files.js';

/** A journal is some hundred bytes long, and read before each write to the run's folder. */
const MOST_BYTES = 8 * 1024;
/** Files whose presence says that an incarnation is taken, and what those who took one are writing. */
const CLAIM = /^\.incarnation-(\d+)(\.partial)?$/;

const lifeShape = {
  /** −1: no coordinator has taken the run yet. */
  incarnation: z.number().int().min(-1),
  /** −1: the coordinator has not started the run's stages yet. */
  generation: z.number().int().min(-1),
};
const sealShape = {
  exact: z.boolean(),
  /** Over all the fields above, in their order. */
  sha256: sha256Schema,
};
const NOT_SEALED = 'its fields are not those of its sha256';
const numerics = z.string().optional();
const journalSchema = z.union([
  z
    .strictObject({
      format: z.literal('layerline-journal.2'),
      ...lifeShape,
      numerics,
      /** Whether a snapshot of the run has ever been whole. */
      hadSnapshots: z.boolean(),
      ...sealShape,
    })
    .refine(isSealed, NOT_SEALED),
  // Journals before that call the numerics a fingerprint, and say nothing of snapshots.
  z
    .strictObject({ format: z.literal('layerline-journal.1'), ...lifeShape, fingerprint: numerics, ...sealShape })
    .refine(isSealed, NOT_SEALED)
    .transform(({ fingerprint, ...entry }) => ({ ...entry, numerics: fingerprint, hadSnapshots: false })),
]);

/** What a journal says. */
interface Entry {
  readonly incarnation: number;
  readonly generation: number;
  readonly numerics?: string | undefined;
  readonly hadSnapshots: boolean;
  readonly exact: boolean;
}

const UNBORN: Entry = { incarnation: -1, generation: -1, hadSnapshots: false, exact: true };

/**
 * Which life a run is in, kept in `journal.json` of its folder so that no life is ever used twice, whoever dies when. A
 * life is a generation of an incarnation: each coordinator that takes the run is an incarnation, each start of all the
 * stages a generation. An incarnation is claimed by making a file that must not be there, `.incarnation-N`, so that of two
 * coordinators at the same time only one gets it. The newest claim stays, whatever becomes of the journal.
 */
export class RunJournal {
  readonly #serially = pLimit(1);
  #entry: Entry;

  private constructor(
    readonly folder: string,
    entry: Entry,
  ) {
    this.#entry = entry;
  }

  /**
   * Reads the journal of a run's folder. A run without one has had no life yet.
   * @throws CheckpointError when it is damaged
   */
  static async open(folder: string): Promise<RunJournal> {
    return new RunJournal(folder, readEntry(folder));
  }

  /** −1 before the first. */
  get incarnation(): number {
    return this.#entry.incarnation;
  }

  /** −1 before the incarnation's first. */
  get generation(): number {
    return this.#entry.generation;
  }

  /** What decides the bits of the run's numbers. */
  get numerics(): string | undefined {
    return this.#entry.numerics;
  }

  /** Whether a snapshot of the run has ever been whole: where none is left then, that is a loss. */
  get hadSnapshots(): boolean {
    return this.#entry.hadSnapshots;
  }

  /** Whether all of the run has been computed under the same numerics. */
  get exact(): boolean {
    return this.#entry.exact;
  }

  /**
   * Takes the run, from whichever coordinator has it. There is no generation until {@link nextGeneration}.
   * @returns the incarnation, from 0, once it is on the disk
   * @throws CheckpointError when the journal is damaged, RunFolderError when it cannot be written
   */
  async nextIncarnation(): Promise<number> {
    return this.#inTurn(async () => {
      const incarnation = await this.#claim();
      const entry = { ...readEntry(this.folder), incarnation, generation: -1 };
      try {
        await this.#write(entry);
      } catch (error) {
        if (isMissing(error) && this.#newest() > incarnation) {
          // A newer coordinator has cleared away what was being written: the run is taken already, as `verify` says.
          this.#entry = entry;
          return incarnation;
        }
        // Whoever has the run may keep it.
        await rm(this.#claimOf(incarnation), { force: true });
        throw error;
      }
      await this.#removeClaimsBefore(incarnation);
      return incarnation;
    });
  }

  /**
   * Begins the next life of the run.
   * @returns the generation, from 0 in each incarnation, once it is on the disk
   * @throws FencedError when another coordinator has taken the run, RunFolderError when it cannot be written
   */
  async nextGeneration(): Promise<number> {
    return this.#inTurn(async () => {
      this.verify();
      await this.#write({ ...this.#entry, generation: this.generation + 1 });
      return this.generation;
    });
  }

  /**
   * Notes what decides the bits of the run's numbers.
   * @param exact false when that is not what it was: the run is inexact from then on, for ever
   * @throws FencedError when another coordinator has taken the run, RunFolderError when it cannot be written
   */
  async setNumerics(numerics: string, exact: boolean): Promise<void> {
    await this.#inTurn(async () => {
      this.verify();
      await this.#write({ ...this.#entry, numerics, exact: this.exact && exact });
    });
  }

  /**
   * Notes that a snapshot of the run is whole. Writes nothing where that is known.
   * @throws FencedError when another coordinator has taken the run, RunFolderError when it cannot be written
   */
  async noteSnapshot(): Promise<void> {
    if (this.hadSnapshots) return;
    await this.#inTurn(async () => {
      this.verify();
      await this.#write({ ...this.#entry, hadSnapshots: true });
    });
  }

  /** @throws FencedError when another coordinator has taken the run, others when the journal cannot be read */
  verify(): void {
    const newest = this.#newest();
    if (newest > this.incarnation) throw new FencedError(basename(resolve(this.folder)), newest, this.incarnation);
  }

  /** The newest incarnation that anybody has taken. */
  #newest(): number {
    const claims = this.#list().map((name) => Number(CLAIM.exec(name)?.[1] ?? -1));
    return Math.max(readEntry(this.folder).incarnation, ...claims);
  }

  /** Claims the first incarnation that nobody has taken. */
  async #claim(): Promise<number> {
    for (;;) {
      const incarnation = this.#newest() + 1;
      if (!(await this.#make(incarnation))) continue;
      // It may have been taken and its file removed meanwhile, but then there is a newer one.
      if (this.#newest() === incarnation) return incarnation;
      await rm(this.#claimOf(incarnation), { force: true });
    }
  }

  /** Makes the file of a claim. @returns false where it is there already */
  async #make(incarnation: number): Promise<boolean> {
    try {
      await (await open(this.#claimOf(incarnation), 'wx')).close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  async #removeClaimsBefore(incarnation: number): Promise<void> {
    for (const name of this.#list()) {
      const claimed = CLAIM.exec(name)?.[1];
      if (claimed !== undefined && Number(claimed) < incarnation) await rm(join(this.folder, name), { force: true });
    }
  }

  async #write({ incarnation, generation, numerics, hadSnapshots, exact }: Entry): Promise<void> {
    const entry = { incarnation, generation, numerics, hadSnapshots, exact };
    const content = seal({ format: 'layerline-journal.2', ...entry });
    // A name of its own, as a coordinator that does not know yet that it is fenced may be writing too.
    const partial = `${this.#claimOf(incarnation)}.partial`;
    await replaceFile(join(this.folder, RUN_FILES.journal), `${JSON.stringify(content, undefined, 2)}\n`, partial);
    this.#entry = entry;
  }

  #claimOf(incarnation: number): string {
    return join(this.folder, `.incarnation-${incarnation}`);
  }

  #list(): string[] {
    try {
      return readdirSync(this.folder);
    } catch (error) {
      throw new RunFolderError(this.folder, error as NodeJS.ErrnoException);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#serially(async () => {
      try {
        return await work();
      } catch (error) {
        // What was being written is cleared away by a coordinator that has taken the run.
        if (isMissing(error)) this.verify();
        throw asRunFolderError(this.folder, error);
      }
    });
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function readEntry(folder: string): Entry {
  const path = join(folder, RUN_FILES.journal);
  try {
    return journalSchema.parse(JSON.parse(readPlainFileSync(path, MOST_BYTES).bytes.toString()));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return UNBORN;
    if (code !== undefined) throw new CheckpointError(`Cannot read ${path}: ${message}`, { cause: error });
    throw new CheckpointError(`${path} is damaged: it does not say which life the run is in`, { cause: error });
  }
}
