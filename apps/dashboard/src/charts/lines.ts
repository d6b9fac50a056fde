import type { Pace, Range, XAxis } from './axis.js';
import { interpolate, placesOf } from './axis.js';
import type { Points } from './points.js';

/** How a line is told from the others, by colour and by dashes. */
export interface LineStyle {
  /** Name of a CSS variable. */
  readonly colour: string;
  /** Lengths of dashes and gaps in pixels; empty for a solid line. */
  readonly dash: readonly number[];
  /** In pixels. */
  readonly width: number;
}

/** A series of a run as a chart shows it. Lines of a chart that share a key are drawn as one: their mean, in a band. */
export interface Line {
  readonly key: string;
  readonly label: string;
  readonly style: LineStyle;
  readonly run: string;
  /** Of the series. */
  readonly name: string;
  readonly pace: Pace;
}

/** What is drawn of a line, or of several with one key: columns over ascending places on the x axis. */
export interface Trace {
  readonly key: string;
  readonly label: string;
  readonly style: LineStyle;
  readonly xs: readonly number[];
  readonly least: readonly number[];
  readonly greatest: readonly number[];
  readonly last: readonly number[];
  /** Empty where there is no smoothing. */
  readonly smooth: readonly number[];
}

/** @param pointsOf undefined or empty for a line that has no data, which is left out */
export function tracesOf(lines: readonly Line[], axis: XAxis, pointsOf: (line: Line) => Points | undefined): Trace[] {
  const traces = new Map<string, [Trace, ...Trace[]]>();
  for (const line of lines) {
    const points = pointsOf(line);
    if (points === undefined || points.step.length === 0) continue;
    const { least, greatest, last, smooth } = points;
    const { key, label, style } = line;
    const trace = { key, label, style, xs: placesOf(axis, line.pace, points), least, greatest, last, smooth };
    const others = traces.get(key);
    if (others === undefined) traces.set(key, [trace]);
    else others.push(trace);
  }
  return [...traces.values()].map(together).filter(({ xs }) => xs.length > 0);
}

/**
 * Several traces as one, as far as all of them reach: at every place where one of them has a point, the mean of their values, the
 * least and the greatest. Beyond that, a mean would jump from one set of traces to another.
 */
export function together(traces: readonly [Trace, ...Trace[]]): Trace {
  const [first] = traces;
  if (traces.length === 1) return first;
  const from = Math.max(...traces.map(({ xs }) => xs[0] as number));
  const to = Math.min(...traces.map(({ xs }) => xs[xs.length - 1] as number));
  const all = [...new Set(traces.flatMap(({ xs }) => xs))].sort((one, other) => one - other);
  const xs = all.filter((x) => x >= from && x <= to);
  const valuesAt = (x: number): number[] => traces.map((trace) => interpolate(trace.xs, trace.last, x));
  const values = xs.map(valuesAt);
  const smoothed = traces.every(({ smooth }) => smooth.length > 0);
  return {
    ...first,
    xs,
    least: values.map((some) => Math.min(...some)),
    greatest: values.map((some) => Math.max(...some)),
    last: values.map(mean),
    smooth: smoothed ? xs.map((x) => mean(traces.map((trace) => interpolate(trace.xs, trace.smooth, x)))) : [],
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The places that traces reach; undefined where there is none. */
export function reachOf(traces: readonly Trace[]): Range | undefined {
  if (traces.length === 0) return undefined;
  return [
    Math.min(...traces.map(({ xs }) => xs[0] as number)),
    Math.max(...traces.map(({ xs }) => xs[xs.length - 1] as number)),
  ];
}
