import type { Range, XAxis } from './axis.js';
import { X_AXES } from './axis.js';

/** What of a view of charts a link restores. */
export interface ViewState {
  readonly axis: XAxis;
  readonly logX: boolean;
  readonly logY: boolean;
  /** Of the moving average: 0 … 0.999, 0 for none. */
  readonly smoothing: number;
  /** What is shown of the x axis, in its unit; undefined for all, followed as it grows. */
  readonly zoom: Range | undefined;
  /** What is shown of the y axis, by chart; the others fit what they show. */
  readonly zoomY: Readonly<Record<string, Range>>;
  /** Keys of lines that are not shown. */
  readonly hidden: readonly string[];
}

export const WHOLE_VIEW: ViewState = {
  ...{ axis: 'step', logX: false, logY: false, smoothing: 0 },
  ...{ zoom: undefined, zoomY: {}, hidden: [] },
};

const MAX_SMOOTHING = 0.999;
const ZOOM_Y = 'y.';
const OWN = ['x', 'log', 'smooth', 'zoom', 'hide'];

/** Writes into the query of a page's address what differs from the whole view; leaves what others wrote there. */
export function encodeView(view: ViewState, query: URLSearchParams): URLSearchParams {
  const encoded = new URLSearchParams([...query].filter(([key]) => !OWN.includes(key) && !key.startsWith(ZOOM_Y)));
  if (view.axis !== 'step') encoded.set('x', view.axis);
  const logs = [...(view.logX ? ['x'] : []), ...(view.logY ? ['y'] : [])];
  if (logs.length > 0) encoded.set('log', logs.join(','));
  if (view.smoothing > 0) encoded.set('smooth', String(view.smoothing));
  if (view.zoom !== undefined) encoded.set('zoom', formatRange(view.zoom));
  for (const [chart, range] of Object.entries(view.zoomY)) encoded.set(ZOOM_Y + chart, formatRange(range));
  if (view.hidden.length > 0) encoded.set('hide', view.hidden.join(','));
  return encoded;
}

/** Reads what {@link encodeView} wrote. What makes no sense, because a person wrote it, counts as absent. */
export function decodeView(query: URLSearchParams): ViewState {
  const axis = X_AXES.find((one) => one === query.get('x')) ?? 'step';
  const logs = (query.get('log') ?? '').split(',');
  const smoothing = Number(query.get('smooth') ?? 0);
  const zoomsY = [...query]
    .filter(([key]) => key.startsWith(ZOOM_Y))
    .map(([key, text]) => [key.slice(ZOOM_Y.length), parseRange(text)] as const)
    .filter((entry): entry is readonly [string, Range] => entry[1] !== undefined);
  return {
    axis,
    logX: logs.includes('x'),
    logY: logs.includes('y'),
    smoothing: smoothing > 0 ? Math.min(smoothing, MAX_SMOOTHING) : 0,
    zoom: parseRange(query.get('zoom') ?? ''),
    zoomY: Object.fromEntries(zoomsY),
    hidden: (query.get('hide') ?? '').split(',').filter((key) => key !== ''),
  };
}

/** The query of a fragment such as `#/runs/one?x=epoch`, within which the page keeps its routes. */
export function fragmentQuery(fragment: string): URLSearchParams {
  const mark = fragment.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : fragment.slice(mark + 1));
}

/** The fragment with another query. */
export function withQuery(fragment: string, query: URLSearchParams): string {
  const mark = fragment.indexOf('?');
  const path = mark < 0 ? fragment : fragment.slice(0, mark);
  // A fragment may hold commas, which make it readable.
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%7E', '~');
  return `${path === '' ? '#' : path}${text === '' ? '' : `?${text}`}`;
}

/** To seven digits: closer than a pixel of any screen. */
function formatRange([from, to]: Range): string {
  return `${Number(from.toPrecision(7))}~${Number(to.toPrecision(7))}`;
}

function parseRange(text: string): Range | undefined {
  const [from = NaN, to = NaN] = text.split('~').map(Number);
  return Number.isFinite(from) && Number.isFinite(to) && from < to ? [from, to] : undefined;
}
