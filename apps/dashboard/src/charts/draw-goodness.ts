import { goodnessTicks, rowsOf } from './bins.js';
import type { Distribution, GoodnessScale, Moment } from './bins.js';
import type { Sheet } from './canvas.js';
import { formatPlace, formatValue, tickLabels } from './format.js';
import { cssColour } from './theme.js';
import { linearTicks } from './ticks.js';

const FONT = '11px system-ui, sans-serif';
/** Pixels around what is drawn: for labels, and in a histogram for its deciles. */
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 10, 8, 22];
const DECILES_HEIGHT = 18;
const KINDS = ['positive', 'negative'] as const;
const COLOURS = { positive: '--positive', negative: '--negative' } as const;
/** Pixels between labels. */
const [TICK_WIDTH, TICK_HEIGHT] = [64, 20];

/** Both distributions of a moment over one axis, with their deciles below. @param linear draws density for shares of rows */
export function drawNow(
  { context, width, height }: Sheet,
  moment: Moment,
  scale: GoodnessScale,
  linear: boolean,
): void {
  const [from, to] = scale.range;
  const x = (place: number): number => RIGHT + ((place - from) / (to - from)) * (width - 2 * RIGHT);
  const bottom = height - BOTTOM - DECILES_HEIGHT;
  const bars = KINDS.map((kind) => barsOf(moment[kind], scale, linear));
  const highest = Math.max(...bars.flat().map((bar) => bar.size), Number.MIN_VALUE);
  drawTicksX(
    { context, width, height },
    ticksOf(scale, linear, width / TICK_WIDTH),
    (tick) => x(scale.placeOf(tick)),
    bottom,
  );
  for (const [index, kind] of KINDS.entries()) {
    const colour = cssColour(COLOURS[kind]);
    context.beginPath();
    const own = bars[index] ?? [];
    context.moveTo(x(own[0]?.left ?? from), bottom);
    for (const { left, right, size } of own) {
      const y = bottom - (size / highest) * (bottom - TOP);
      context.lineTo(x(left), y);
      context.lineTo(x(right), y);
    }
    context.lineTo(x(own.at(-1)?.right ?? from), bottom);
    context.fillStyle = context.strokeStyle = colour;
    context.globalAlpha = 0.22;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    context.setLineDash(kind === 'positive' ? [] : [5, 2]);
    context.stroke();
    context.setLineDash([]);
    drawDeciles(
      context,
      moment[kind].deciles.map((decile) => x(scale.placeOf(decile))),
      bottom + 5 + index * 8,
    );
  }
}

/** A line from the first to the last decile with a notch at each, and a dot at the median. */
function drawDeciles(context: CanvasRenderingContext2D, places: readonly number[], y: number): void {
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(places[0] ?? 0, y);
  context.lineTo(places.at(-1) ?? 0, y);
  for (const place of places) {
    context.moveTo(place, y - 2.5);
    context.lineTo(place, y + 2.5);
  }
  context.stroke();
  context.beginPath();
  context.arc(places[4] ?? 0, y, 2.5, 0, 2 * Math.PI);
  context.fill();
}

/** How high each bin stands, from left to right, gaps and ends at 0 included. */
function barsOf(
  { histogram }: Distribution,
  scale: GoodnessScale,
  linear: boolean,
): { left: number; right: number; size: number }[] {
  const rows = rowsOf(histogram);
  return histogram.counts
    .map((count, index) => {
      const [left, right] = scale.edgesOf(histogram.first + index);
      // Zero's bin has no width: as a density, it is as wide as a pixel or so.
      const wide = Math.max(right - left, (scale.range[1] - scale.range[0]) / 200);
      return { left, right, size: rows === 0 ? 0 : count / rows / (linear ? wide : 1) };
    })
    .filter(({ left, right }) => right >= scale.range[0] && left <= scale.range[1])
    .map((bar) => ({ ...bar, left: Math.max(bar.left, scale.range[0]), right: Math.min(bar.right, scale.range[1]) }));
}

/** How both distributions have moved: a column for each moment, darker where there are more rows, with deciles 1, 5 and 9. */
export function drawOverTime(
  { context, width, height }: Sheet,
  moments: readonly Moment[],
  scale: GoodnessScale,
  { linear, pointed }: { readonly linear: boolean; readonly pointed: number | undefined },
): void {
  const [from, to] = scale.range;
  const bottom = height - BOTTOM;
  const y = (place: number): number => bottom - ((place - from) / (to - from)) * (bottom - TOP);
  const x = stepPlaces(moments, width);
  const ends = moments.map(({ step }) => x(step));
  const edge = (index: number): number => (index < 0 ? LEFT : (ends[index] as number));
  drawTicksY({ context, width, height }, ticksOf(scale, linear, (bottom - TOP) / TICK_HEIGHT), (tick) =>
    y(scale.placeOf(tick)),
  );
  for (const kind of KINDS) {
    context.fillStyle = cssColour(COLOURS[kind]);
    for (const [index, moment] of moments.entries()) {
      const bars = barsOf(moment[kind], scale, linear);
      const highest = Math.max(...bars.map(({ size }) => size), Number.MIN_VALUE);
      for (const { left, right, size } of bars) {
        if (size === 0) continue;
        context.globalAlpha = 0.06 + 0.5 * (size / highest);
        context.fillRect(edge(index - 1), y(right), edge(index) - edge(index - 1) + 0.3, y(left) - y(right) + 0.3);
      }
    }
    context.globalAlpha = 1;
  }
  for (const kind of KINDS) {
    for (const decile of [0, 4, 8])
      drawDecile(
        context,
        moments,
        kind,
        decile,
        (index) => (edge(index - 1) + edge(index)) / 2,
        (goodness) => y(scale.placeOf(goodness)),
      );
  }
  if (pointed !== undefined) drawPointer(context, edge(pointed), bottom);
  const steps = linearTicks([firstStep(moments), moments.at(-1)?.step ?? 1], (width - LEFT) / TICK_WIDTH / 1.3);
  drawTicksX({ context, width, height }, { ticks: steps, labels: tickLabels(steps, '') }, x, bottom);
}

/** The moment whose column lies at a share of the width of {@link drawOverTime}'s sheet; undefined outside. */
export function momentAt(moments: readonly Moment[], share: number, width: number): number | undefined {
  const x = stepPlaces(moments, width);
  const place = share * width;
  if (place < LEFT) return undefined;
  const index = moments.findIndex(({ step }) => x(step) >= place);
  return index < 0 ? undefined : index;
}

export function describeMoment({ step, positive, negative }: Moment): string {
  const part = ({ deciles }: Distribution): string =>
    `${formatValue(deciles[4] ?? 0, '')} (${formatValue(deciles[0] ?? 0, '')} … ${formatValue(deciles[8] ?? 0, '')})`;
  return `${formatPlace(step, 'step')}: median goodness (deciles 1 … 9) of positive rows ${part(positive)}, of negative rows ${part(negative)}`;
}

function stepPlaces(moments: readonly Moment[], width: number): (step: number) => number {
  const first = firstStep(moments);
  const span = (moments.at(-1)?.step ?? 1) - first || 1;
  return (step) => LEFT + ((step - first) / span) * (width - LEFT - RIGHT);
}

/** Where the first column begins: as wide as the second, as nobody knows when it began. */
function firstStep([first, second]: readonly Moment[]): number {
  if (first === undefined || second === undefined) return 0;
  return Math.max(0, 2 * first.step - second.step);
}

function drawDecile(
  context: CanvasRenderingContext2D,
  moments: readonly Moment[],
  kind: (typeof KINDS)[number],
  decile: number,
  x: (index: number) => number,
  y: (goodness: number) => number,
): void {
  context.strokeStyle = cssColour(COLOURS[kind]);
  context.lineWidth = decile === 4 ? 2 : 0.75;
  context.setLineDash(kind === 'positive' ? [] : [5, 2]);
  context.beginPath();
  for (const [index, moment] of moments.entries()) context.lineTo(x(index), y(moment[kind].deciles[decile] ?? 0));
  context.stroke();
  context.setLineDash([]);
}

function drawPointer(context: CanvasRenderingContext2D, x: number, bottom: number): void {
  context.strokeStyle = cssColour('--ink-3');
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, TOP);
  context.lineTo(x, bottom);
  context.stroke();
}

interface Ticks {
  readonly ticks: readonly number[];
  readonly labels: readonly string[];
}

/** @param most how many there is room for */
function ticksOf(scale: GoodnessScale, linear: boolean, most: number): Ticks {
  const [from, to] = scale.range;
  const ticks = linear ? linearTicks(scale.range, most) : goodnessTicks(scale, (to - from) / most);
  return { ticks, labels: tickLabels(ticks, '') };
}

function drawTicksX(
  { context, height }: Sheet,
  { ticks, labels }: Ticks,
  x: (tick: number) => number,
  bottom: number,
): void {
  context.font = FONT;
  context.textAlign = 'center';
  context.textBaseline = 'bottom';
  for (const [index, tick] of ticks.entries()) {
    context.fillStyle = cssColour('--line');
    context.fillRect(Math.round(x(tick)), TOP, 1, bottom - TOP);
    context.fillStyle = cssColour('--ink-3');
    context.fillText(labels[index] ?? '', x(tick), height - 3);
  }
}

function drawTicksY({ context, width }: Sheet, { ticks, labels }: Ticks, y: (tick: number) => number): void {
  context.font = FONT;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const [index, tick] of ticks.entries()) {
    context.fillStyle = cssColour('--line');
    context.fillRect(LEFT, Math.round(y(tick)), width - LEFT - RIGHT, 1);
    context.fillStyle = cssColour('--ink-3');
    context.fillText(labels[index] ?? '', LEFT - 6, y(tick));
  }
}
