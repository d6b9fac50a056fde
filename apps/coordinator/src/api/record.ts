import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  evaluationsQuery,
  logEntriesQuery,
  logQuery,
  observationsQuery,
  seriesCsvQuery,
  seriesQuery,
} from '@layerline/api';
import type { RouteName } from '@layerline/api';
import { followLog } from '../record/follow-log.js';
import { readLog } from '../record/read-log.js';
import type { RunArchive } from '../record/run-archive.js';
import { csvOf, evaluationsOf, observationsOf, seriesOf } from '../record/series.js';
import type { Kept, RunRegistry } from '../run-registry.js';
import { queryOf, runIdOf } from './asked.js';
import type { Run } from '../run.js';
import type { Asked, Handler } from './asked.js';

type RecordRoute = Extract<
  RouteName,
  'series' | 'seriesCsv' | 'observations' | 'evaluations' | 'history' | 'config' | 'log' | 'logEntries'
>;

/** What is answered from the record of a run, whether or not it is under way. */
export function recordHandlers(runs: () => RunRegistry): Readonly<Record<RecordRoute, Handler>> {
  const kept = (asked: Asked): Promise<Kept> => runs().kept(runIdOf(asked));
  const view = (asked: Asked): Promise<Run | RunArchive> => runs().view(runIdOf(asked));
  return {
    series: async (asked) => {
      const query = queryOf(asked, seriesQuery);
      return seriesOf((await kept(asked)).index, query);
    },
    seriesCsv: async (asked) => {
      const { names } = queryOf(asked, seriesCsvQuery);
      const table = csvOf((await kept(asked)).index, names);
      const { response } = asked;
      response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-store' });
      await pipeline(Readable.from(table), response);
      return undefined;
    },
    observations: async (asked) => {
      const query = queryOf(asked, observationsQuery);
      return observationsOf((await kept(asked)).index, query);
    },
    evaluations: async (asked) => {
      const query = queryOf(asked, evaluationsQuery);
      return evaluationsOf((await kept(asked)).index, query);
    },
    history: async (asked) => ({ events: (await kept(asked)).history }),
    config: async (asked) => {
      const { config, plan } = await view(asked);
      return { config, plan };
    },
    log: async (asked) => {
      const { last } = readLog(await view(asked), queryOf(asked, logQuery));
      return { lines: last.map(({ at, stage, line }) => `${at} ${stage}: ${line}`) };
    },
    logEntries: async (asked) => {
      const { follow, ...wanted } = queryOf(asked, logEntriesQuery);
      const run = await view(asked);
      const { response } = asked;
      const left = new AbortController();
      response.on('close', () => left.abort());
      const entries = follow === undefined ? readLog(run, wanted).last : followLog(run, wanted, left.signal);
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      // Whoever follows is to know at once that there is a log, even if there is no line in it yet.
      response.flushHeaders();
      for await (const entry of entries) {
        if (!response.write(`${JSON.stringify(entry)}\n`)) {
          await once(response, 'drain', { signal: left.signal }).catch(() => undefined);
        }
      }
      response.end();
      return undefined;
    },
  };
}
