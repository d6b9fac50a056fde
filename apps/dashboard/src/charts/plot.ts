import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Range } from './axis.js';
import { markColour } from './marks.js';
import type { Band, Picture, PictureAxis } from './picture.js';
import { cssColour } from './theme.js';

/** A rectangle that was drawn with the mouse, in places of the picture; `y` only if it was high enough to be meant. */
export interface Selection {
  readonly x: Range;
  readonly y: Range | undefined;
}

const FONT = '11px system-ui, sans-serif';
const BAND_OPACITY = 0.16;
const BAND_EDGE_OPACITY = 0.5;
/** Pixels between a label and the canvas's edge, and per character of it. */
const [LABEL_GAP, CHARACTER] = [14, 6.2];
/** Selections that are narrower, in pixels, are clicks. */
const LEAST_SELECTION = 4;
const MARK_DASHES = { evaluation: [], snapshot: [1, 3], pause: [4, 4], rewind: [8, 3], fault: [] } as const;
const SHORT_MARK = 6;

const EMPTY: Picture = {
  ...{ x: { min: 0, max: 1, ticks: [] }, y: { min: 0, max: 1, ticks: [] } },
  ...{ bands: [], curves: [], marks: [] },
};

/** Draws pictures on a canvas, with a cursor and selections. The only module that knows uPlot. */
export class Plot {
  #picture = EMPTY;
  #plot: uPlot | undefined;
  #size = { width: 0, height: 0 };
  /** Whether the mouse is over the area inside the axes. */
  #inside = false;
  /** Whether a selection is being drawn. */
  #selecting = false;
  /** What is to be drawn after that. */
  #held: (() => void) | undefined;

  constructor(
    readonly host: HTMLElement,
    /** Told where the pointer is, as a place on the x axis; undefined when it has left. */
    readonly onHover: (place: number | undefined) => void,
    readonly onSelect: (selection: Selection) => void,
  ) {}

  /** What the pointer moves over: the area inside the axes; undefined before anything was drawn. */
  get area(): HTMLElement | undefined {
    return this.#plot?.over;
  }

  get canvas(): HTMLCanvasElement | undefined {
    return this.#plot?.ctx.canvas;
  }

  draw(picture: Picture, size: { readonly width: number; readonly height: number }): void {
    // A selection means what was there when it was begun.
    if (this.#selecting) {
      this.#held = () => this.draw(picture, size);
      return;
    }
    const { width, height } = this.#size;
    const same = picture.curves.length === this.#picture.curves.length;
    this.#picture = picture;
    this.#size = { ...size };
    if (this.#plot === undefined || !same) this.#build();
    const plot = this.#plot;
    if (plot === undefined) return;
    plot.batch(() => {
      if (width !== size.width || height !== size.height) plot.setSize(size);
      this.#restyle(plot);
      plot.setData(aligned(picture), false);
      plot.setScale('x', { min: picture.x.min, max: picture.x.max });
      plot.setScale('y', { min: picture.y.min, max: picture.y.max });
      plot.redraw(false, true);
    });
  }

  /** Shows the cursor at a place on the x axis, without telling anyone; undefined hides it. */
  point(place: number | undefined): void {
    // The mouse has its cursor already, and may be drawing with it.
    if (this.#inside) return;
    const { x } = this.#picture;
    const outside = place === undefined || place < x.min || place > x.max;
    this.#plot?.setCursor({ left: outside ? -10 : this.#plot.valToPos(place, 'x'), top: -10 }, false);
  }

  destroy(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#held = undefined;
  }

  /** From the press of a button until uPlot has taken notice of its release. */
  #beginSelection(): void {
    this.#selecting = true;
    const end = (): void => {
      this.#selecting = false;
      const held = this.#held;
      this.#held = undefined;
      held?.();
    };
    document.addEventListener('mouseup', end, { once: true });
  }

  #build(): void {
    this.#plot?.destroy();
    const picture = (): Picture => this.#picture;
    const axis = (side: 'x' | 'y'): uPlot.Axis => ({
      scale: side,
      font: FONT,
      gap: side === 'x' ? 6 : 4,
      size: side === 'x' ? 30 : () => labelWidth(picture().y),
      stroke: () => cssColour('--ink-3'),
      grid: { stroke: () => cssColour('--line'), width: 1 },
      ticks: { show: false },
      splits: () => picture()[side].ticks.map(({ place }) => place),
      values: () => picture()[side].ticks.map(({ label }) => label),
    });
    const fixed = (): uPlot.Scale => ({ time: false, auto: false, range: (_, min, max) => [min, max] });
    this.#plot = new uPlot(
      {
        ...this.#size,
        ms: 1,
        legend: { show: false },
        padding: [8, 14, 0, 0],
        scales: { x: fixed(), y: fixed() },
        axes: [axis('x'), axis('y')],
        series: [
          {},
          ...picture().curves.map((_, index): uPlot.Series => ({
            scale: 'y',
            stroke: () => withOpacity(picture().curves[index]),
            points: {
              show: (plot) => hasFewPoints(plot, index + 1),
              size: 4,
              width: 0,
              fill: () => withOpacity(picture().curves[index]),
            },
          })),
        ],
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: true, y: true, uni: 30, setScale: false },
          bind: {
            // With shift held, the mouse moves what is shown (gestures.ts).
            mousedown: (_, __, handler) => (event) => {
              if (event.button !== 0 || event.shiftKey) return null;
              handler(event);
              this.#beginSelection();
              return null;
            },
            dblclick: () => null,
          },
        },
        hooks: {
          drawAxes: [(plot) => this.#drawBehind(plot)],
          // Also called when the cursor is moved along with the scales, without anyone pointing here.
          setCursor: [(plot) => this.#inside && this.onHover(hovered(plot))],
          setSelect: [(plot) => this.#select(plot)],
        },
      },
      aligned(picture()),
      this.host,
    );
    this.#inside = false;
    this.#plot.over.addEventListener('mouseenter', () => {
      this.#inside = true;
      // uPlot remembers where it lies, and does not hear of what has pushed it aside.
      this.#plot?.syncRect(true);
    });
    this.#plot.over.addEventListener('mouseleave', () => {
      this.#inside = false;
      this.onHover(undefined);
    });
  }

  #restyle(plot: uPlot): void {
    for (const [index, { style }] of this.#picture.curves.entries()) {
      const series = plot.series[index + 1];
      if (series === undefined) continue;
      series.width = style.width;
      series.dash = style.dash.map((length) => length * devicePixelRatio);
    }
  }

  #drawBehind(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const band of this.#picture.bands) fillBand(plot, band);
    for (const { mark, place } of this.#picture.marks) {
      const x = Math.round(plot.valToPos(place, 'x', true)) + 0.5;
      const bottom = bbox.top + bbox.height;
      ctx.strokeStyle = cssColour(markColour(mark.kind));
      ctx.globalAlpha = mark.kind === 'evaluation' || mark.kind === 'snapshot' ? 0.55 : 0.9;
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash(mark.short ? [] : MARK_DASHES[mark.kind].map((length) => length * devicePixelRatio));
      ctx.beginPath();
      ctx.moveTo(x, bottom);
      ctx.lineTo(x, mark.short ? bottom - SHORT_MARK * devicePixelRatio : bbox.top);
      ctx.stroke();
    }
    ctx.restore();
  }

  #select(plot: uPlot): void {
    const { left, top, width, height } = plot.select;
    if (width === 0 && height === 0) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (width < LEAST_SELECTION && height < LEAST_SELECTION) return;
    const { clientWidth, clientHeight } = plot.over;
    this.onSelect({
      x: [plot.posToVal(left, 'x'), plot.posToVal(width === 0 ? clientWidth : left + width, 'x')],
      // Its size in the layout is in whole pixels.
      y: height < clientHeight - 1 ? [plot.posToVal(top + height, 'y'), plot.posToVal(top, 'y')] : undefined,
    });
  }
}

function hovered(plot: uPlot): number | undefined {
  const { left = -1 } = plot.cursor;
  return left < 0 ? undefined : plot.posToVal(left, 'x');
}

/** Curves that share their places on the x axis make one table, which needs no joining. */
function aligned({ curves }: Picture): uPlot.AlignedData {
  const tables = new Map<readonly number[], (readonly number[])[]>();
  for (const { xs, ys } of curves) tables.set(xs, [...(tables.get(xs) ?? []), ys]);
  const joined = [...tables].map(([xs, columns]) => [xs, ...columns] as uPlot.AlignedData);
  const [first] = joined;
  if (first === undefined) return [[]];
  return joined.length === 1 ? first : uPlot.join(joined);
}

/** A line through so few points that they should be seen themselves. */
function hasFewPoints({ data, over }: uPlot, series: number): boolean {
  let count = 0;
  for (const value of data[series] ?? []) if (value !== undefined && value !== null) count++;
  return count * 14 < over.clientWidth;
}

function fillBand(plot: uPlot, { xs, least, greatest, style }: Band): void {
  const { ctx } = plot;
  const at = (index: number, values: readonly number[]): [number, number] => [
    plot.valToPos(xs[index] as number, 'x', true),
    plot.valToPos(values[index] as number, 'y', true),
  ];
  ctx.beginPath();
  for (let index = 0; index < xs.length; index++) ctx.lineTo(...at(index, greatest));
  for (let index = xs.length - 1; index >= 0; index--) ctx.lineTo(...at(index, least));
  ctx.closePath();
  ctx.globalAlpha = BAND_OPACITY;
  ctx.fillStyle = cssColour(style.colour);
  ctx.fill();
  // A single value far from the others makes an area that is too narrow to be seen, but not without its edge.
  ctx.globalAlpha = BAND_EDGE_OPACITY;
  ctx.strokeStyle = ctx.fillStyle;
  ctx.lineWidth = devicePixelRatio / 2;
  ctx.setLineDash([]);
  ctx.stroke();
  ctx.globalAlpha = 1;
}

function withOpacity(curve: Picture['curves'][number] | undefined): string {
  if (curve === undefined) return 'transparent';
  const colour = cssColour(curve.style.colour);
  return curve.opacity === 1
    ? colour
    : `color-mix(in srgb, ${colour} ${Math.round(curve.opacity * 100)}%, transparent)`;
}

function labelWidth({ ticks }: PictureAxis): number {
  return LABEL_GAP + CHARACTER * Math.max(3, ...ticks.map(({ label }) => label.length));
}
