import { TEST_ERROR } from '@layerline/api/measures';
import type { Line, LineStyle } from '../charts/lines.js';
import { layerSeries } from '../charts/samples.js';
import type { ComparedRun } from './compare-scene.js';
import { groupBySeed } from './configs.js';

/** How runs are shown as lines: each alone, or those that differ only in their seeds as one. */
export interface Strand {
  readonly key: string;
  readonly label: string;
  readonly style: LineStyle;
  readonly runs: readonly ComparedRun[];
}

/** @param bySeed puts runs that differ only in their seeds together; a group has the colour of its first run */
export function strandsOf(
  runs: readonly ComparedRun[],
  bySeed: boolean,
  styleOf: (run: string) => LineStyle,
): Strand[] {
  const groups = bySeed ? groupBySeed(runs) : runs.map((run) => [run]);
  return groups.map((group) => {
    const first = group.map(({ id }) => id).sort()[0] ?? '';
    const label =
      group.length === 1 ? first : `${first} and ${group.length - 1} more ${group.length === 2 ? 'seed' : 'seeds'}`;
    return { key: group.length === 1 ? first : `seeds:${first}`, label, style: styleOf(first), runs: group };
  });
}

/** The lines of a chart. @param layer whose measure it is, from 0, unless it is the run's */
export function linesOf(strands: readonly Strand[], measure: string, layer: number): Line[] {
  const name = measure === TEST_ERROR.name ? measure : layerSeries(layer, measure);
  return strands.flatMap(({ key, label, style, runs }) =>
    runs.filter(({ present }) => present.has(name)).map(({ id, pace }) => ({ key, label, style, run: id, name, pace })),
  );
}
