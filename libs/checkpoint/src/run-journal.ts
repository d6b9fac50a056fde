import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { CheckpointError, FencedError, RunFolderError } from './errors.js';
import { replaceFile } from './files.js';

const FILE = 'journal.json';

const journalSchema = z.strictObject({
  /** Counts the coordinators that have taken the run, from 0; −1 before the first. */
  incarnation: z.number().int().min(-1),
  /** Counts the lives of the run under this one, from 0; −1 before the first. */
  generation: z.number().int().min(-1),
  /** What decides the bits of the run, once it is known. */
  fingerprint: z.string().optional(),
  /** False once the run has gone on with another fingerprint. */
  exact: z.boolean(),
});
type Journal = z.infer<typeof journalSchema>;

const UNBORN: Journal = { incarnation: -1, generation: -1, exact: true };

/** Which life a run is in, on disk before it is used: so no life is ever used twice, whoever dies when. */
export class RunJournal {
  #journal: Journal;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly folder: string,
    journal: Journal,
  ) {
    this.#journal = journal;
  }

  /** Reads the journal in a run's folder. @throws CheckpointError when it is damaged */
  static async open(folder: string): Promise<RunJournal> {
    return new RunJournal(folder, readJournal(folder));
  }

  get incarnation(): number {
    return this.#journal.incarnation;
  }

  get generation(): number {
    return this.#journal.generation;
  }

  get fingerprint(): string | undefined {
    return this.#journal.fingerprint;
  }

  get exact(): boolean {
    return this.#journal.exact;
  }

  /** A coordinator takes the run. @returns its incarnation @throws RunFolderError */
  nextIncarnation(): Promise<number> {
    return this.#inTurn(async () => {
      const found = readJournal(this.folder);
      await this.#write({ ...found, incarnation: found.incarnation + 1, generation: -1 });
      return this.incarnation;
    });
  }

  /** The run begins another life. @returns its generation @throws FencedError, RunFolderError */
  nextGeneration(): Promise<number> {
    return this.#inTurn(async () => {
      this.verify();
      await this.#write({ ...this.#journal, generation: this.generation + 1 });
      return this.generation;
    });
  }

  /** @throws FencedError, RunFolderError */
  setFingerprint(fingerprint: string, exact: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.verify();
      await this.#write({ ...this.#journal, fingerprint, exact: this.exact && exact });
    });
  }

  /** @throws FencedError where another coordinator has taken the run since */
  verify(): void {
    const { incarnation } = readJournal(this.folder);
    if (incarnation !== this.incarnation) throw new FencedError(basename(this.folder), incarnation, this.incarnation);
  }

  /** One change at a time: each is made to what the one before it has left. */
  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #write(journal: Journal): Promise<void> {
    try {
      await replaceFile(join(this.folder, FILE), `${JSON.stringify(journal, undefined, 2)}\n`);
    } catch (error) {
      throw new RunFolderError(this.folder, error as NodeJS.ErrnoException);
    }
    this.#journal = journal;
  }
}

function readJournal(folder: string): Journal {
  const path = join(folder, FILE);
  try {
    return journalSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return UNBORN;
    throw new CheckpointError(`${path} is damaged: it does not say which life the run is in`, { cause: error });
  }
}
