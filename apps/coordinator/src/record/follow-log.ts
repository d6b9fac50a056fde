import { on } from 'node:events';
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { LogEntry } from '@layerline/api';
import { RUN_FILES, summarizeRun } from '@layerline/checkpoint';
import { follow } from '../events/follow.js';
import { readLog } from './read-log.js';
import type { Logged, LogWanted } from './read-log.js';

/** A process that is killed changes no file: it is looked for as often. */
const LOOK_MS = 1_000;
const WATCHED: ReadonlySet<unknown> = new Set([RUN_FILES.log, RUN_FILES.state]);

/**
 * The last lines of a run's log, and then those that come, none missed and none repeated, until the run has ended.
 * @param signal ends the following @throws as {@link readLog} does, before the first line
 */
export function followLog(run: Logged, wanted: LogWanted, signal: AbortSignal): AsyncGenerator<LogEntry, undefined> {
  // What is written from here on is told of, so that nothing is missed between reading and waiting.
  const folder = dirname(run.logPath);
  const changes = run.isElsewhere ? changesIn(folder, signal) : follow(run, undefined, signal);
  const { reader, last } = readLog(run, wanted);
  return (async function* (): AsyncGenerator<LogEntry, undefined> {
    yield* last;
    // Each line is in the file before anyone hears of what it tells.
    for await (const _ of changes) yield* reader.more();
  })();
}

/** Yields whenever the log of a run that another process is at work on may have grown, until it has ended. */
function changesIn(folder: string, signal: AbortSignal): AsyncGenerator<undefined, undefined> {
  const watcher = watch(folder, { signal });
  const changes = on(watcher, 'change', { signal });
  const timer = setInterval(() => watcher.emit('change', 'rename', RUN_FILES.state), LOOK_MS);
  const isUnderWay = async (): Promise<boolean> => {
    return (await summarizeRun(dirname(folder), basename(folder)))?.state === 'running';
  };
  return (async function* (): AsyncGenerator<undefined, undefined> {
    try {
      yield;
      for await (const [, name] of changes as AsyncIterable<[unknown, unknown]>) {
        if (!WATCHED.has(name)) continue;
        const goesOn = await isUnderWay();
        yield;
        if (!goesOn) return;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearInterval(timer);
      watcher.close();
    }
  })();
}
