import { existsSync } from 'node:fs';
import { historyEvent } from '@layerline/api';
import type { HistoryEvent, OperationEvent } from '@layerline/api';
import { jsonObjects, JsonLines } from '@layerline/telemetry';

/** How many events are told. */
const TOLD = 1000;
/** A file of so many lines becomes the older one, and a new one is begun: at most twice as many are kept. */
const LINES_A_FILE = 50_000;

/** What became of a run, in `history.jsonl` of its folder, which no rewind cuts; and in `history.1.jsonl` what came before. */
export class History {
  private constructor(
    readonly file: JsonLines,
    /** The newest events, the oldest of them first. */
    readonly newest: HistoryEvent[],
    /** All that are about changes of the run's stages, the oldest first. */
    readonly operations: OperationEvent[],
    readonly linesAFile: number,
  ) {}

  /** @throws the file system's error */
  static async open(path: string, linesAFile = LINES_A_FILE): Promise<History> {
    const { newest, operations } = await readHistory(path);
    return new History(await JsonLines.open(path), newest, operations, linesAFile);
  }

  /** @throws the file system's error */
  add(event: HistoryEvent): void {
    this.file.write(event);
    this.newest.push(event);
    if (event.type === 'operation') this.operations.push(event);
    if (this.newest.length > TOLD) this.newest.shift();
    if (this.file.lines >= this.linesAFile) this.file.moveTo(olderThan(this.file.path));
  }

  close(): void {
    this.file.close();
  }
}

/**
 * The newest events of a run's history, and all that are about changes of its stages, the oldest first. Lines that are damaged
 * are passed over.
 * @param path of history.jsonl
 * @throws the file system's error, unless there is no such file
 */
export async function readHistory(
  path: string,
): Promise<{ readonly newest: HistoryEvent[]; readonly operations: OperationEvent[] }> {
  const newest: object[] = [];
  const operations: OperationEvent[] = [];
  for (const file of [olderThan(path), path]) {
    if (!existsSync(file)) continue;
    for await (const { object } of jsonObjects(file)) {
      newest.push(object);
      if ('type' in object && object.type === 'operation') operations.push(...operationsIn(object));
      if (newest.length > 2 * TOLD) newest.splice(0, TOLD);
    }
  }
  return { newest: newest.flatMap((line) => historyEvent.safeParse(line).data ?? []).slice(-TOLD), operations };
}

function operationsIn(line: object): OperationEvent[] {
  const event = historyEvent.safeParse(line).data;
  return event?.type === 'operation' ? [event] : [];
}

function olderThan(path: string): string {
  return path.replace(/\.jsonl$/, '.1.jsonl');
}
