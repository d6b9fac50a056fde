import type { LogLine } from '../data/run-state.js';

/** A line as the coordinator's log has it, and as it is shown. */
export interface ShownLine {
  /** When it was written, in ISO 8601. */
  readonly at: string;
  readonly stage: string;
  readonly text: string;
}

const LINE = /^(\S*) (\S+): (.*)$/s;

/** Reads a line of `GET …/log`: `TIME STAGE: TEXT`. */
export function parseLine(line: string): ShownLine {
  const [, at = '', stage = '', text = line] = LINE.exec(line) ?? [];
  return { at, stage, text };
}

/**
 * The end of a log with what has been heard since: lines that are in both are shown once.
 * @param read the end of the log, oldest first @param heard oldest first
 */
export function joinLines(read: readonly ShownLine[], heard: readonly LogLine[]): readonly ShownLine[] {
  const lines = heard.map(({ at, stage, line }) => ({ at, stage, text: line }));
  const isSame = (one: ShownLine | undefined, other: ShownLine | undefined): boolean =>
    one?.stage === other?.stage && one?.text === other?.text;
  for (let both = Math.min(read.length, lines.length); both > 0; both--) {
    const end = read.slice(-both);
    if (end.every((line, place) => isSame(line, lines[place]))) return [...read, ...lines.slice(both)];
  }
  return [...read, ...lines];
}
