import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { evaluationsQuery, logQuery, observationsQuery, seriesCsvQuery, seriesQuery } from '@layerline/api';
import type { LogEntry, RouteName } from '@layerline/api';
import { csvOf, evaluationsOf, observationsOf, seriesOf } from '../record/series.js';
import type { Kept, RunRegistry } from '../run-registry.js';
import { queryOf, runIdOf } from './asked.js';
import type { Asked, Handler } from './asked.js';

type RecordRoute = Extract<
  RouteName,
  'series' | 'seriesCsv' | 'observations' | 'evaluations' | 'history' | 'config' | 'log' | 'logEntries'
>;

/** What is answered from the record of a run, whether or not it is under way. */
export function recordHandlers(runs: () => RunRegistry): Readonly<Record<RecordRoute, Handler>> {
  const kept = (asked: Asked): Promise<Kept> => runs().kept(runIdOf(asked));
  const log = async (asked: Asked): Promise<LogEntry[]> => {
    const { stage, lines } = queryOf(asked, logQuery);
    return (await runs().view(runIdOf(asked))).lastLines(stage, lines);
  };
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
      const { config, plan } = await runs().view(runIdOf(asked));
      return { config, plan };
    },
    log: async (asked) => ({ lines: (await log(asked)).map(({ at, stage, line }) => `${at} ${stage}: ${line}`) }),
    logEntries: async (asked) => {
      const entries = await log(asked);
      const { response } = asked;
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      response.end(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      return undefined;
    },
  };
}
