import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { LogEntry } from '@layerline/api';

/** The most that is read from the end of a log, in bytes. */
const TAIL_BYTES = 4 * 2 ** 20;

interface LogLine {
  readonly time?: string;
  readonly stage?: string;
  readonly msg?: string;
}

/** The last lines of a run's log. @param stage if given, only its lines @param most how many */
export function readLog(path: string, stage: string | undefined, most: number): LogEntry[] {
  const lines = readTail(path)
    .split('\n')
    .flatMap((line): LogLine[] => {
      try {
        return [JSON.parse(line) as LogLine];
      } catch {
        // The first line of the tail may be cut off, and the last one empty.
        return [];
      }
    });
  const wanted = lines.filter((line) => stage === undefined || line.stage === stage);
  return wanted.slice(-most).map(({ time = '', stage = 'run', msg = '' }) => ({ at: time, stage, line: msg }));
}

function readTail(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    return tail.subarray(0, readSync(file, tail, 0, tail.length, size - tail.length)).toString();
  } finally {
    closeSync(file);
  }
}
