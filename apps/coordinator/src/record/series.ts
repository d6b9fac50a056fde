import { setImmediate as nextTurn } from 'node:timers/promises';
import { BEFORE_ALL } from '@layerline/api';
import type {
  EvaluationEvent,
  EvaluationsAnswer,
  ObservationEvent,
  ObservationsAnswer,
  ObservationsQuery,
  SeriesAnswer,
  SeriesQuery,
} from '@layerline/api';
import { UnknownSeriesError } from '../errors.js';
import type { KeptAt, MetricsIndex } from './metrics-index.js';
import { thinned } from './points.js';
import type { Points } from './points.js';

/** Lines of a table that are written at once. */
const CSV_LINES = 1000;
/** A series by the names in `measures.ts`, of the run or of one of its layers. */
const OF_LAYER = /^layer-\d+\//;

/** Series for a chart. @throws UnknownSeriesError */
export async function seriesOf(index: MetricsIndex, query: SeriesQuery): Promise<SeriesAnswer> {
  const { from, to = Infinity, points: most, smoothing } = query;
  const names = namesIn(index, query.names);
  const series: SeriesAnswer['series'] = [];
  const release = index.hold();
  try {
    for (const name of names) {
      series.push(thinned(name, index.points(name), { from, to, most, smoothing }));
      // Each takes milliseconds, and others wait.
      await nextTurn();
    }
  } finally {
    release();
  }
  return { series };
}

/**
 * All points of some series as a table (RFC 4180, with LF), in pieces.
 * @param names separated by commas; all if undefined
 * @throws UnknownSeriesError, at once
 */
export function csvOf(index: MetricsIndex, names: string | undefined): AsyncGenerator<string> {
  const wanted = names === undefined ? index.names : namesIn(index, names);
  return (async function* () {
    const release = index.hold();
    try {
      yield 'series,step,at,train_seconds,value\n';
      for (const name of wanted) {
        for (const lines of csvLines(name, index.points(name))) {
          yield lines;
          // A reader that takes everything at once keeps nobody else waiting.
          await nextTurn();
        }
      }
    } finally {
      release();
    }
  })();
}

function* csvLines(name: string, { step, at, trainSeconds, value }: Points): Generator<string> {
  for (let begin = 0; begin < step.length; begin += CSV_LINES) {
    const rows = Array.from(step.subarray(begin, begin + CSV_LINES), (_, row) => begin + row);
    yield rows
      .map((row) => `${name},${step[row]},${isoTime(at[row] as number)},${trainSeconds[row]},${value[row]}\n`)
      .join('');
  }
}

/** Whole observations. */
export async function observationsOf(
  index: MetricsIndex,
  { from, to = Infinity, most }: ObservationsQuery,
): Promise<ObservationsAnswer> {
  const kept = await index.events('observations', from, to, most);
  return { observations: kept.map((event) => complete(event) as ObservationEvent) };
}

/** Whole evaluations, without the images of any but the last. */
export async function evaluationsOf(
  index: MetricsIndex,
  { from, to = Infinity, most }: ObservationsQuery,
): Promise<EvaluationsAnswer> {
  const kept = await index.events('evaluations', from, to, most);
  const evaluations = kept.map((event) => complete(event) as EvaluationEvent);
  return {
    evaluations: evaluations.map(({ worst, ...evaluation }, place) =>
      place === evaluations.length - 1 && worst !== undefined ? { ...evaluation, worst } : evaluation,
    ),
  };
}

/** An event as this version writes it: old ones have neither id nor time, and their evaluations no step. */
function complete({ step, at, event }: KeptAt): object {
  return { id: BEFORE_ALL, at: isoTime(at), step, ...event };
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** A layer that this run does not have is no mistake: runs of other depths are compared with it. */
function namesIn(index: MetricsIndex, list: string): string[] {
  const names = [...new Set(list.split(','))];
  const known = new Set(index.names.map(kindOf));
  const unknown = names.find((name) => !known.has(kindOf(name)));
  if (unknown !== undefined) throw new UnknownSeriesError(unknown, [...known]);
  return names;
}

function kindOf(name: string): string {
  return name.replace(OF_LAYER, 'layer-N/');
}
