import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError } from '@layerline/checkpoint';
import * as z from 'zod';
import type { Trial } from './definition.js';
import { outcomeSchema } from './outcome.js';
import type { Outcome } from './outcome.js';

/** A trial, and the run that it has begun. */
const begunSchema = z.strictObject({ trial: z.string(), run: z.string() });

/** The folder of a sweep: its runs, and what came of its trials, a line each. */
export class SweepFolder {
  readonly #outcomes: string;
  readonly #begun: string;

  constructor(readonly path: string) {
    this.#outcomes = join(path, 'outcomes.jsonl');
    this.#begun = join(path, 'begun.jsonl');
  }

  /** Of the runs. */
  get runs(): string {
    return join(this.path, 'runs');
  }

  get report(): string {
    return join(this.path, 'report.html');
  }

  /** Makes the folder, or takes up the one that is there: without lines that were cut short, to which others would be added. */
  async open(): Promise<void> {
    await mkdir(join(this.path, 'trials'), { recursive: true });
    for (const file of [this.#outcomes, this.#begun]) {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      if (text !== '' && !text.endsWith('\n'))
        await truncate(file, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
    }
  }

  /** What came of trials so far, by trial: those that failed may be tried again. @throws CheckpointError for a damaged file */
  outcomes(): Map<string, Outcome> {
    return new Map(readLines(this.#outcomes, outcomeSchema).map((outcome) => [outcome.trial, outcome]));
  }

  /** The runs of trials that have begun, by trial. @throws CheckpointError for a damaged file */
  begun(): Map<string, string> {
    return new Map(readLines(this.#begun, begunSchema).map(({ trial, run }) => [trial, run]));
  }

  async noteOutcome(outcome: Outcome): Promise<void> {
    await appendFile(this.#outcomes, `${JSON.stringify(outcome)}\n`);
  }

  async noteBegun(trial: string, run: string): Promise<void> {
    await appendFile(this.#begun, `${JSON.stringify({ trial, run })}\n`);
  }

  /** Writes a trial's config into the folder, which is open. @returns its file */
  configFile({ id, config }: Trial): string {
    const path = join(this.path, 'trials', `${id}.json`);
    writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`);
    return path;
  }
}

/** The lines of a file of a folder that is open; none where it is not there. */
function readLines<Line>(path: string, schema: z.ZodType<Line>): Line[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, place) => {
      try {
        return schema.parse(JSON.parse(line));
      } catch (error) {
        throw new CheckpointError(`${path} is damaged in line ${place + 1}: remove that line to go on`, {
          cause: error,
        });
      }
    });
}
