import { askSeries } from './feed.js';
import { noPoints } from './points.js';
import type { Points } from './points.js';
import { seriesNames } from './samples.js';

/** What is known of a run before any of its charts is drawn. */
export interface RunOutline {
  /** Each series that has points, by name, as one point: its last value, and its least and greatest ever. */
  readonly present: ReadonlyMap<string, Points>;
  /** When the run was where. */
  readonly times: Points;
}

/** Names that are asked for at once: a query has an end. */
const NAMES_AT_ONCE = 64;
/** How finely it is known when a run was where. */
export const TIME_POINTS = 1000;

/** @param layers how many the run has @throws RefusedError, UnreachableError, or the signal's reason */
export async function outlineOf(run: string, layers: number, signal: AbortSignal): Promise<RunOutline> {
  const names = seriesNames(layers);
  const chunks = Array.from({ length: Math.ceil(names.length / NAMES_AT_ONCE) }, (_, index) =>
    names.slice(index * NAMES_AT_ONCE, (index + 1) * NAMES_AT_ONCE),
  );
  const answers = await Promise.all(chunks.map((chunk) => askSeries(run, chunk, { points: 1, smoothing: 0 }, signal)));
  const present = answers.flatMap(({ series }) => series.filter(({ step }) => step.length > 0));
  // There are more observations than evaluations.
  const densest = present.find(({ name }) => name.endsWith('/loss')) ?? present[0];
  const times =
    densest && (await askSeries(run, [densest.name], { points: TIME_POINTS, smoothing: 0 }, signal)).series[0];
  return { present: new Map(present.map((series) => [series.name, series])), times: times ?? noPoints() };
}
