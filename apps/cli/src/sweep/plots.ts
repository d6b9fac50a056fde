import { heatMap, lineChart, scatterPlot } from '@layerline/plots';
import { percent, settingValue } from '../display/format.js';
import { meanOf } from './ranking.js';
import type { Ranked } from './ranking.js';

/** Most panels of a plot that is drawn for each combination of the rest. */
const MOST_PANELS = 12;
/** Lines of a chart that can be told apart. */
const MOST_LINES = 9;
const PER_CENT = 100;

/** The plots of a sweep as SVG, those that there is something to show in. @param keys that its settings differ in */
export function plotsOf(ranked: readonly Ranked[], keys: readonly string[]): string[] {
  const ended = ranked.filter(({ validationError }) => validationError !== undefined);
  if (ended.length === 0) return [];
  return [...heatMapsOf(ended, keys), ...clouds(ended, keys), overTime(ended, keys), ...curves(ranked, keys)];
}

/** Error by two of the settings, for each combination of the others. */
function heatMapsOf(ended: readonly Ranked[], keys: readonly string[]): string[] {
  const chosen = keys.filter((key) => !isNumeric(ended, key));
  const [columns, rows, ...rest] = [...chosen].sort((a, b) => valuesOf(ended, b).length - valuesOf(ended, a).length);
  if (columns === undefined || rows === undefined) return [];
  const panels = new Map<string, Ranked[]>();
  for (const each of ended) {
    const name = rest.map((key) => `${key} ${settingValue(each.settings[key])}`).join(', ');
    panels.set(name, [...(panels.get(name) ?? []), each]);
  }
  return [...panels].slice(0, MOST_PANELS).map(([name, some]) => {
    const [columnValues, rowValues] = [valuesOf(ended, columns), valuesOf(ended, rows)];
    const at = (row: string, column: string): number | undefined =>
      meanOf(
        some
          .filter(({ settings }) => settingValue(settings[rows]) === row && settingValue(settings[columns]) === column)
          .map(({ validationError }) => validationError),
      );
    return heatMap({
      title: `Validation error${name === '' ? '' : `: ${name}`}`,
      columns: { name: columns, values: columnValues },
      rows: { name: rows, values: rowValues },
      values: rowValues.map((row) => columnValues.map((column) => at(row, column))),
      format: (value) => percent(value),
    });
  });
}

/** Error by each setting that is a number. */
function clouds(ended: readonly Ranked[], keys: readonly string[]): string[] {
  return keys
    .filter((key) => isNumeric(ended, key))
    .map((key) => {
      const points = ended.map(
        ({ settings, validationError = 0 }) => [Number(settings[key]), PER_CENT * validationError] as const,
      );
      const isWide =
        points.every(([x]) => x > 0) && Math.max(...points.map(([x]) => x)) > 5 * Math.min(...points.map(([x]) => x));
      return scatterPlot({
        title: `Validation error by ${key}`,
        x: { name: key, scale: isWide ? 'log' : 'linear' },
        y: { name: 'validation error, %', scale: 'linear' },
        clouds: [{ name: key, points }],
      });
    });
}

/** Error against time, in clouds by the setting with the fewest values. */
function overTime(ended: readonly Ranked[], keys: readonly string[]): string {
  const [by] = keys
    .filter((key) => valuesOf(ended, key).length > 1 && valuesOf(ended, key).length <= MOST_LINES)
    .sort((a, b) => valuesOf(ended, a).length - valuesOf(ended, b).length);
  const groups = new Map<string, (readonly [number, number])[]>();
  for (const { settings, validationError = 0, trainSeconds = 0 } of ended) {
    const name = by === undefined ? 'trials' : `${by} ${settingValue(settings[by])}`;
    groups.set(name, [...(groups.get(name) ?? []), [trainSeconds, PER_CENT * validationError]]);
  }
  return scatterPlot({
    title: 'Validation error against training time',
    x: { name: 'training, s', scale: 'linear' },
    y: { name: 'validation error, %', scale: 'linear' },
    clouds: Array.from(groups, ([name, points]) => ({ name, points })),
  });
}

/** How the best settings got there: the error of the first seed by epoch. */
function curves(ranked: readonly Ranked[], keys: readonly string[]): string[] {
  const lines = ranked.slice(0, MOST_LINES).flatMap(({ settings, trials: [first] }, rank) => {
    const points = (first?.outcome.validationErrors ?? []).map(([epoch, error]) => [epoch, PER_CENT * error] as const);
    const name = keys.map((key) => settingValue(settings[key])).join(' · ');
    return points.length < 2 || points.some(([, error]) => error <= 0) ? [] : [{ name, points, own: rank === 0 }];
  });
  if (lines.length === 0) return [];
  return [
    lineChart({
      title: 'Validation error by epoch, the best settings',
      x: { name: 'epoch', scale: 'linear' },
      y: { name: 'validation error, %', scale: 'log' },
      lines,
    }),
  ];
}

/** The values of a setting, in the order in which they come. */
function valuesOf(ranked: readonly Ranked[], key: string): string[] {
  const values = [...new Set(ranked.map(({ settings }) => settingValue(settings[key])))];
  return values.every((value) => value !== '' && Number.isFinite(Number(value)))
    ? values.sort((a, b) => Number(a) - Number(b))
    : values;
}

/** Whether a setting has many numbers, which are places on a scale rather than choices. */
function isNumeric(ranked: readonly Ranked[], key: string): boolean {
  return ranked.every(({ settings }) => typeof settings[key] === 'number') && valuesOf(ranked, key).length > 4;
}
