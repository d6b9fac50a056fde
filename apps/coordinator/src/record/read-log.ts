import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { LogEntry, LogQuery } from '@layerline/api';
import { stagesOf } from '@layerline/plan';
import type { RunConfig } from '@layerline/plan';
import type { Followed } from '../events/follow.js';
import { UnknownStageError } from '../reshaping/errors.js';

/** The most that is read at once, in bytes. */
const MOST_BYTES = 4 * 2 ** 20;
const NEWLINE = 0x0a;
/** What is said of the run itself. */
const OF_THE_RUN = 'run';
/** Of a training in a single process. */
const ALL_STAGES = 'all';

interface LogLine {
  readonly time?: string;
  readonly stage?: string;
  readonly msg?: string;
}

/** What is wanted of a log. */
export type LogWanted = Pick<LogQuery, 'stage' | 'since'> & { readonly lines: number };

/** A run's log, as one reader wants it. */
export class LogReader {
  /** Where the first line begins that has not been read. */
  #next = 0;

  constructor(
    readonly path: string,
    readonly wanted: LogWanted,
  ) {}

  /** The last lines so far, as many as are wanted. To be called once. @throws the file system's error */
  last(): LogEntry[] {
    // The first line of what is read may be cut off.
    return this.#read((size) => Math.max(0, size - MOST_BYTES)).slice(-this.wanted.lines);
  }

  /** All that have come since the call before. @throws the file system's error */
  more(): LogEntry[] {
    const found: LogEntry[] = [];
    for (let from = -1; from < this.#next;) {
      from = this.#next;
      found.push(...this.#read(() => from));
    }
    return found;
  }

  /** Reads whole lines from somewhere on. @param begin told the size of the file */
  #read(begin: (size: number) => number): LogEntry[] {
    const file = openSync(this.path, 'r');
    try {
      const { size } = fstatSync(file);
      const from = begin(size);
      const bytes = Buffer.alloc(Math.max(0, Math.min(size - from, MOST_BYTES)));
      const read = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
      const whole = read.subarray(0, read.lastIndexOf(NEWLINE) + 1);
      // A line that is longer than anything that is written is passed over.
      this.#next = from + (whole.length === 0 && read.length === MOST_BYTES ? read.length : whole.length);
      return whole
        .toString()
        .split('\n')
        .flatMap((line) => entryOf(line))
        .filter((entry) => isWanted(entry, this.wanted));
    } finally {
      closeSync(file);
    }
  }
}

/** A run that has a log. */
export interface Logged extends Followed {
  readonly config: Pick<RunConfig, 'singleProcess'>;
  readonly logPath: string;
  /** Whether another process is at work on it, so that nothing is heard of it here. */
  readonly isElsewhere: boolean;
}

/**
 * Begins to read the log of a run.
 * @throws UnknownStageError for a stage that the run has not, and that nothing in its log is from; the file system's error
 */
export function readLog(run: Logged, wanted: LogWanted): { readonly reader: LogReader; readonly last: LogEntry[] } {
  const reader = new LogReader(run.logPath, wanted);
  const last = reader.last();
  const { stage } = wanted;
  if (stage !== undefined && last.length === 0 && !isStageOf(run, stage)) {
    throw new UnknownStageError(run.id, stage, knownStages(run));
  }
  return { reader, last };
}

/** Whether a stage is one that there may yet be lines of. A layer that is cut stands for all of its shards. */
function isStageOf(run: Logged, stage: string): boolean {
  return knownStages(run).some((known) => known === stage || known.startsWith(`${stage}/`));
}

function knownStages({ plan, config }: Logged): string[] {
  const stages = config.singleProcess ? [ALL_STAGES] : stagesOf(plan).map(({ stage }) => stage);
  return [...stages, OF_THE_RUN];
}

function entryOf(text: string): LogEntry[] {
  try {
    const { time = '', stage = OF_THE_RUN, msg = '' } = JSON.parse(text) as LogLine;
    return [{ at: time, stage, line: msg }];
  } catch {
    // The first line may be cut off, and what comes after the last one is empty.
    return [];
  }
}

function isWanted({ at, stage }: LogEntry, wanted: LogWanted): boolean {
  if (wanted.since !== undefined && !(Date.parse(at) >= Date.parse(wanted.since))) return false;
  return wanted.stage === undefined || stage === wanted.stage || stage.startsWith(`${wanted.stage}/`);
}
