import { MAX_LOG_LINES } from '@layerline/api';
import type { LogEntry } from '@layerline/api';
import { followLog, readLog } from '@layerline/coordinator';
import type { ConnectionOptions } from '../client/connection.js';
import type { LogWanted } from '../client/coordinator-client.js';
import { printLine } from '../display/print-line.js';
import { Interruption } from '../interruption.js';
import { locateRun } from '../locate-run.js';
import type { LocatedRun } from '../locate-run.js';
import { moment, wholeNumber } from '../option-values.js';
import { openArchive } from '../run-lookup.js';

/** Lines that are printed unless told otherwise. */
const LINES = 100;

export interface LogsArguments extends ConnectionOptions {
  /** Folder of the runs. */
  readonly out: string;
  readonly lines?: string;
  /** Only lines from then on, as {@link moment} reads it. */
  readonly since?: string;
  /** Go on with those that come, until the run ends. */
  readonly follow?: true;
  readonly json?: true;
}

/** `layerline logs RUN [STAGE]`. @returns the exit code */
export async function logs(run: string, stage: string | undefined, given: LogsArguments): Promise<number> {
  const { out, follow, json, lines, since, ...connection } = given;
  const from = since === undefined ? undefined : moment('since', since).toISOString();
  // All that there are since then, as far as they can be had at once.
  const usual = from === undefined ? LINES : MAX_LOG_LINES;
  const most = lines === undefined ? usual : wholeNumber('lines', lines, { from: 1, to: MAX_LOG_LINES });
  const wanted = { lines: most, ...(stage !== undefined && { stage }), ...(from !== undefined && { since: from }) };
  const located = await locateRun(run, out, connection);
  const interruption = new Interruption();
  interruption.start();
  try {
    let count = 0;
    for await (const { at, stage, line } of entriesOf(
      located,
      wanted,
      follow === true ? interruption.signal : undefined,
    )) {
      if (json === true) process.stdout.write(`${JSON.stringify({ at, stage, line })}\n`);
      else printLine(`${at} ${stage}: ${line}`);
      count++;
    }
    if (since !== undefined && follow !== true && count === most) {
      printLine(`There may be more since then: these are the last ${count} lines`, process.stderr);
    }
    return interruption.exitCode ?? 0;
  } finally {
    interruption.stop();
  }
}

/** @param signal ends the following of a log; undefined if it is not followed */
async function* entriesOf(
  located: LocatedRun,
  wanted: LogWanted,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogEntry> {
  const { id, client } = located;
  if (client !== undefined) {
    yield* signal === undefined ? client.log(id, wanted) : client.followLog(id, wanted, signal);
    return;
  }
  const archive = await openArchive(located.folder, located.folder);
  try {
    yield* signal === undefined ? readLog(archive, wanted).last : followLog(archive, wanted, signal);
  } finally {
    archive.close();
  }
}
