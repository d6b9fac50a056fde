import { markColour } from './marks.js';
import type { Picture, PictureAxis } from './picture.js';

/** What is written around a picture. Colours are CSS colours, as nothing outside the page knows its variables. */
export interface Caption {
  readonly title: string;
  readonly labelX: string;
  readonly legend: readonly { readonly label: string; readonly colour: string; readonly dash: readonly number[] }[];
  readonly colours: { readonly ground: string; readonly ink: string; readonly grid: string };
  /** Of a CSS variable. */
  readonly colourOf: (variable: string) => string;
}

const [WIDTH, HEIGHT] = [760, 420];
const [LEFT, TOP, RIGHT, BOTTOM] = [72, 64, 20, 52];
const LEGEND_STEP = 18;
const SHORT_MARK = 6;

/** A picture as an SVG file. Lines are drawn from the data, so that they stay sharp at any size. */
export function svgOf(picture: Picture, caption: Caption): string {
  const { colours, colourOf } = caption;
  const place =
    (axis: PictureAxis, from: number, to: number) =>
    (value: number): number =>
      from + ((value - axis.min) / (axis.max - axis.min)) * (to - from);
  const x = place(picture.x, LEFT, WIDTH - RIGHT);
  const y = place(picture.y, HEIGHT - BOTTOM, TOP);
  const path = (xs: readonly number[], ys: readonly number[]): string =>
    xs.map((value, index) => `${round(x(value))},${round(y(ys[index] as number))}`).join(' ');

  const grid = [
    ...picture.x.ticks.map(
      (tick) =>
        line(x(tick.place), TOP, x(tick.place), HEIGHT - BOTTOM, colours.grid) +
        text(x(tick.place), HEIGHT - BOTTOM + 18, tick.label, 'middle'),
    ),
    ...picture.y.ticks.map(
      (tick) =>
        line(LEFT, y(tick.place), WIDTH - RIGHT, y(tick.place), colours.grid) +
        text(LEFT - 8, y(tick.place) + 4, tick.label, 'end'),
    ),
  ];
  const bands = picture.bands.map(({ xs, least, greatest, style }) => {
    const points = `${path(xs, greatest)} ${path([...xs].reverse(), [...least].reverse())}`;
    return `<polygon points="${points}" fill="${escape(colourOf(style.colour))}" fill-opacity="0.16" stroke="${escape(colourOf(style.colour))}" stroke-opacity="0.5" stroke-width="0.5"/>`;
  });
  const curves = picture.curves.map(
    ({ xs, ys, style, opacity }) =>
      `<polyline points="${path(xs, ys)}" fill="none" stroke="${escape(colourOf(style.colour))}" stroke-opacity="${opacity}" ` +
      `stroke-width="${style.width}" stroke-linejoin="round"${dashes(style.dash)}/>`,
  );
  const marks = picture.marks.map(
    ({ mark, place: at }) =>
      `<path d="M${round(x(at))} ${HEIGHT - BOTTOM}V${mark.short ? HEIGHT - BOTTOM - SHORT_MARK : TOP}" ` +
      `stroke="${escape(colourOf(markColour(mark.kind)))}" stroke-opacity="0.7"><title>${escape(mark.label)}</title></path>`,
  );
  const legend = caption.legend.map(({ label, colour, dash }, index) => {
    const left = LEFT + index * Math.min(140, (WIDTH - LEFT - RIGHT) / caption.legend.length);
    const top = TOP - LEGEND_STEP;
    return `<path d="M${round(left)} ${top}h22" stroke="${escape(colour)}" stroke-width="2"${dashes(dash)}/>${text(left + 28, top + 4, label, 'start')}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
      `font-family="system-ui, sans-serif" font-size="12" fill="${escape(colours.ink)}">`,
    `<title>${escape(caption.title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${escape(colours.ground)}"/>`,
    `<clipPath id="area"><rect x="${LEFT}" y="${TOP}" width="${WIDTH - LEFT - RIGHT}" height="${HEIGHT - TOP - BOTTOM}"/></clipPath>`,
    `<text x="${LEFT}" y="26" font-size="15" font-weight="600">${escape(caption.title)}</text>`,
    ...grid,
    `<g clip-path="url(#area)">`,
    ...bands,
    ...marks,
    ...curves,
    '</g>',
    ...legend,
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, caption.labelX, 'middle'),
    '</svg>',
  ].join('\n');
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="${escape(colour)}"/>`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escape(content)}</text>`;
}

function dashes(dash: readonly number[]): string {
  return dash.length === 0 ? '' : ` stroke-dasharray="${dash.join(' ')}"`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(content: string): string {
  return content.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
