import type { Range, XAxis } from './axis.js';
import { firstAtLeast } from './axis.js';
import type { Unit } from './format.js';
import { formatDuration, tickLabels } from './format.js';
import type { LineStyle, Trace } from './lines.js';
import type { PlacedMark } from './marks.js';
import type { Scale } from './scale.js';
import { LINEAR, logScaleFor, withRoom } from './scale.js';
import { linearTicks, logTicks } from './ticks.js';

/** One axis of a chart, on which everything lies at places that are drawn in proportion. */
export interface PictureAxis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly { readonly place: number; readonly label: string }[];
}

/** A line as it is drawn. */
export interface Curve {
  readonly key: string;
  readonly style: LineStyle;
  /** 0 … 1. */
  readonly opacity: number;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/** The area between two lines. */
export interface Band {
  readonly key: string;
  readonly style: LineStyle;
  readonly xs: readonly number[];
  readonly least: readonly number[];
  readonly greatest: readonly number[];
}

/** All that there is to draw, after scales have been applied: the same for screen and file. */
export interface Picture {
  readonly x: PictureAxis;
  readonly y: PictureAxis;
  readonly bands: readonly Band[];
  /** Later ones lie above earlier ones. */
  readonly curves: readonly Curve[];
  readonly marks: readonly { readonly mark: PlacedMark; readonly place: number }[];
}

/** How the values of a chart become places. */
export interface Scales {
  readonly x: Scale;
  readonly y: Scale;
  readonly rangeX: Range;
  readonly rangeY: Range;
}

const RAW_OPACITY = 0.3;
/** Pixels that a label of an axis takes, with some room. */
const [LABEL_WIDTH, LABEL_HEIGHT] = [76, 34];

/**
 * Scales that show the traces within a range of the x axis, or within the reach of the data.
 * @param reach of the data; undefined for none
 */
export function fitScales(
  traces: readonly Trace[],
  { zoom, logX, logY }: { readonly zoom: Range | undefined; readonly logX: boolean; readonly logY: boolean },
  reach: Range | undefined,
): Scales {
  const rangeX = zoom ?? widened(reach ?? [0, 1]);
  const extents = traces.flatMap((trace) => extentsWithin(trace, rangeX));
  const y = logY ? logScaleFor(extents) : LINEAR;
  const [least, greatest] = [Math.min(...extents), Math.max(...extents)];
  return {
    x: logX ? logScaleFor(traces.flatMap(({ xs }) => [xs[0] as number, xs[xs.length - 1] as number])) : LINEAR,
    y,
    rangeX,
    rangeY: extents.length === 0 ? [0, 1] : withRoom([least, greatest], y),
  };
}

/** Of a single place, some surroundings. */
function widened([from, to]: Range): Range {
  return to > from ? [from, to] : [from - (Math.abs(from) * 0.5 || 1), to + (Math.abs(to) * 0.5 || 1)];
}

function extentsWithin({ xs, least, greatest }: Trace, [from, to]: Range): number[] {
  // One more at either end: lines run out of the picture towards them.
  const first = Math.max(0, firstAtLeast(xs, from) - 1);
  const end = Math.min(xs.length, firstAtLeast(xs, to) + 1);
  return [...least.slice(first, end), ...greatest.slice(first, end)];
}

export function drawPicture(
  traces: readonly Trace[],
  marks: readonly PlacedMark[],
  scales: Scales,
  chart: {
    readonly axis: XAxis;
    readonly unit: Unit;
    readonly width: number;
    readonly height: number;
    readonly focus: string | undefined;
  },
): Picture {
  const focused = traces.some(({ key }) => key === chart.focus) ? chart.focus : undefined;
  // What is pointed at lies on top, and is not dimmed.
  const ordered = [...traces].sort((one, other) => Number(one.key === focused) - Number(other.key === focused));
  const drawn = ordered.map((trace) => ({ trace, xs: trace.xs.map(scales.x.forward) }));
  const y = (values: readonly number[]): number[] => values.map(scales.y.forward);
  const dim = (key: string): number => (focused === undefined || key === focused ? 1 : 0.25);
  return {
    x: axisOf(scales.x, scales.rangeX, chart.width / LABEL_WIDTH, chart.axis),
    y: axisOf(scales.y, scales.rangeY, chart.height / LABEL_HEIGHT, chart.unit),
    bands: drawn
      .filter(
        ({ trace }) => dim(trace.key) === 1 && trace.least.some((least, index) => least !== trace.greatest[index]),
      )
      .map(({ trace: { key, style, least, greatest }, xs }) => ({
        key,
        style,
        xs,
        least: y(least),
        greatest: y(greatest),
      })),
    curves: drawn.flatMap(({ trace: { key, style, last, smooth }, xs }) => {
      if (smooth.length === 0) return [{ key, style, xs, ys: y(last), opacity: dim(key) }];
      const raw = { key, style: { ...style, dash: [] }, xs, ys: y(last), opacity: dim(key) * RAW_OPACITY };
      return [raw, { key, style, xs, ys: y(smooth), opacity: dim(key) }];
    }),
    marks: marks.map((mark) => ({ mark, place: scales.x.forward(mark.place) })),
  };
}

function axisOf(scale: Scale, range: Range, most: number, of: XAxis | Unit): PictureAxis {
  const [min, max] = range;
  const time = of === 'wall' || of === 'training' || of === 'seconds';
  const values = scale === LINEAR ? linearTicks(range, most, time ? 'time' : 'number') : logTicks(range, scale, most);
  const labels = time ? values.map(formatDuration) : tickLabels(values, of === 'ratio' ? of : '');
  return {
    min: scale.forward(min),
    max: scale.forward(max),
    ticks: values.map((value, index) => ({ place: scale.forward(value), label: labels[index] ?? '' })),
  };
}
