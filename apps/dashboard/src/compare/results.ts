import { LAYER_MEASURES, LAYER_TEST_ERROR, TEST_ERROR } from '@layerline/api/measures';
import type { Unit } from '../charts/format.js';
import type { Points } from '../charts/points.js';
import { layerSeries } from '../charts/samples.js';

/** A measure in which a run can be better than another. */
export interface Contest {
  /** Of the series. */
  readonly series: string;
  readonly title: string;
  readonly unit: Unit;
  readonly best: 'least' | 'greatest';
}

/** Of layers; the other measures say how a layer learns, and not how well. */
const BEST: Readonly<Record<string, Contest['best']>> = {
  separation: 'greatest',
  'pairwise-error': 'least',
  loss: 'least',
};

/** What runs are compared by. @param layer whose measures are shown besides the run's, from 0 */
export function contestsOf(layer: number): Contest[] {
  const ofLayer = [LAYER_TEST_ERROR, ...LAYER_MEASURES].flatMap(({ name, unit }): Contest[] => {
    const best = name === LAYER_TEST_ERROR.name ? 'least' : BEST[name];
    const title = `Layer ${layer + 1}: ${name.replaceAll('-', ' ')}`;
    return best === undefined ? [] : [{ series: layerSeries(layer, name), title, unit, best }];
  });
  return [{ series: TEST_ERROR.name, title: 'Test error', unit: TEST_ERROR.unit, best: 'least' }, ...ofLayer];
}

/** Which column a table of results is sorted by. */
export interface Order {
  readonly series: string;
  readonly which: 'last' | 'best';
  readonly descending: boolean;
}

/** The last or best value of a series; undefined where there is none. */
export function resultOf(points: Points | undefined, which: Order['which'], best: Contest['best']): number | undefined {
  return points?.[which === 'last' ? 'last' : best][0];
}

/** Sorts by a column; what has no value comes last in either direction. */
export function sortBy<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => number | undefined,
  descending: boolean,
): Row[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return sign * (a - b);
  });
}
