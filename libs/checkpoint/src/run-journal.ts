import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { asRunFolderError, FencedError, RunFolderError } from './errors.js';
import { replaceFile } from './files.js';
import { checkRevision, encodeEntry, JournalReader } from './journal-entry.js';
import type { JournalEntry, Revision } from './journal-entry.js';
import { RUN_FILES } from './run-files.js';

/** Files whose presence says that an incarnation is taken, and what those who took one are writing. */
const CLAIM = /^\.incarnation-(\d+)(\.partial)?$/;
/** Between two tries to claim an incarnation. */
const LONGEST_PAUSE_MS = 100;

/**
 * Which life a run is in, kept in `journal.json` of its folder so that no life is ever used twice, whoever dies when. A
 * life is a generation of an incarnation: each coordinator that takes the run is an incarnation, each start of all the
 * stages a generation. An incarnation is claimed by making a file that must not be there, `.incarnation-N`, so that of two
 * coordinators at the same time only one gets it. The newest claim stays, whatever becomes of the journal.
 */
export class RunJournal {
  readonly #serially = pLimit(1);
  readonly #reader: JournalReader;
  #entry: JournalEntry;

  private constructor(readonly folder: string) {
    this.#reader = new JournalReader(folder);
    this.#entry = this.#reader.read();
  }

  /**
   * Reads the journal of a run's folder. A run without one has had no life yet.
   * @throws CheckpointError when it is damaged
   */
  static async open(folder: string): Promise<RunJournal> {
    return new RunJournal(folder);
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

  /** What the plan has become; undefined while it is as it was submitted. */
  get revision(): Revision | undefined {
    return this.#entry.revision;
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
      const entry = { ...this.#reader.read(), incarnation, generation: -1 };
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
   * @param revision what the plan is from this life on; it is written together with the generation
   * @returns the generation, from 0 in each incarnation, once it is on the disk
   * @throws FencedError when another coordinator has taken the run, CheckpointError for a revision that could not be read back,
   * RunFolderError when it cannot be written
   */
  async nextGeneration(revision: Revision | 'as before' = 'as before'): Promise<number> {
    const changed = revision === 'as before' ? {} : { revision: checkRevision(revision) };
    return this.#inTurn(async () => {
      this.verify();
      await this.#write({ ...this.#entry, ...changed, generation: this.generation + 1 });
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
    return Math.max(this.#reader.read().incarnation, ...claims);
  }

  /**
   * Claims the first incarnation that nobody has taken. Each try is over in one turn of the event loop, and the next comes after
   * a pause of random length: those who claim step by step, or in step with each other, could overtake one another for ever.
   */
  async #claim(): Promise<number> {
    for (let tries = 1; ; tries++) {
      const incarnation = this.#newest() + 1;
      if (this.#make(incarnation)) {
        // It may have been taken and its file removed meanwhile, but then there is a newer one.
        if (this.#newest() === incarnation) return incarnation;
        rmSync(this.#claimOf(incarnation), { force: true });
      }
      await delay(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS));
    }
  }

  /** Makes the file of a claim. @returns false where it is there already */
  #make(incarnation: number): boolean {
    try {
      closeSync(openSync(this.#claimOf(incarnation), 'wx'));
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

  async #write(entry: JournalEntry): Promise<void> {
    // A name of its own, as a coordinator that does not know yet that it is fenced may be writing too.
    const partial = `${this.#claimOf(entry.incarnation)}.partial`;
    await replaceFile(join(this.folder, RUN_FILES.journal), encodeEntry(entry), partial);
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
