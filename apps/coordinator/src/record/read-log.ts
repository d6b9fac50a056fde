import { readFileSync } from 'node:fs';

/** The most that is read from the end of a log, in bytes. */
const TAIL_BYTES = 4 * 2 ** 20;

interface LogLine {
  readonly time?: string;
  readonly stage?: string;
  readonly msg?: string;
}

/** The last lines of a run's log, as a person reads them. @param stage only its lines @param most how many */
export function readLog(path: string, stage: string | undefined, most: number): string[] {
  const text = readFileSync(path).subarray(-TAIL_BYTES).toString();
  const lines = text.split('\n').flatMap((line): LogLine[] => {
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      // The first line of the stretch may be cut, and the last one empty.
      return [];
    }
  });
  const wanted = lines.filter((line) => stage === undefined || line.stage === stage);
  return wanted.slice(-most).map(({ time, stage, msg }) => `${time ?? ''} ${stage ?? 'run'}: ${msg ?? ''}`);
}
