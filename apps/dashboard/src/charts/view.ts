import { batch, computed, effect, signal } from '@preact/signals';
import type { Range, XAxis } from './axis.js';
import { decodeView, encodeView, fragmentQuery, withQuery } from './view-link.js';
import type { ViewState } from './view-link.js';

/** Fewer digits of a place on the x axis do not tell pixels apart: a zoom stops here. */
const LEAST_SPAN = 1e-6;

/**
 * What a set of charts shows, which they share: zooming into one zooms into all. A view that was zoomed is frozen: it stays as it
 * is, whatever comes, until someone follows again.
 */
export class ChartView {
  readonly axis = signal<XAxis>('step');
  readonly logX = signal(false);
  readonly logY = signal(false);
  readonly smoothing = signal(0);
  readonly zoom = signal<Range | undefined>(undefined);
  readonly zoomY = signal<Readonly<Record<string, Range>>>({});
  readonly hidden = signal<ReadonlySet<string>>(new Set());
  readonly marks = signal(true);

  readonly frozen = computed(() => this.zoom.value !== undefined);
  /** Points that have come since the view was frozen. */
  readonly missed = signal(0);
  /** Where the pointer is on the x axis, over whichever chart. */
  readonly hover = signal<number | undefined>(undefined);
  /** The key of the line that is pointed at, in a legend or table. */
  readonly focus = signal<string | undefined>(undefined);

  readonly state = computed<ViewState>(() => ({
    axis: this.axis.value,
    logX: this.logX.value,
    logY: this.logY.value,
    smoothing: this.smoothing.value,
    zoom: this.zoom.value,
    zoomY: this.zoomY.value,
    hidden: [...this.hidden.value].sort(),
  }));

  /** Shows a part of the x axis, and of one chart's y axis if it is given. */
  show(range: Range, y?: { readonly chart: string; readonly range: Range }): void {
    const [from, to] = range;
    if (!(to - from > LEAST_SPAN * Math.max(1, Math.abs(to)))) return;
    batch(() => {
      this.zoom.value = range;
      if (y !== undefined) this.zoomY.value = { ...this.zoomY.value, [y.chart]: y.range };
    });
  }

  /** Shows everything again, as it comes. */
  follow(): void {
    batch(() => {
      this.zoom.value = undefined;
      this.zoomY.value = {};
      this.missed.value = 0;
    });
  }

  /** Counts points that a frozen view does not show. */
  miss(count: number): void {
    if (this.frozen.peek()) this.missed.value += count;
  }

  /** @param convert a place on the present axis to that on the other */
  changeAxis(axis: XAxis, convert: (place: number) => number): void {
    batch(() => {
      const { value } = this.zoom;
      if (value !== undefined) this.zoom.value = [convert(value[0]), convert(value[1])];
      this.hover.value = undefined;
      this.axis.value = axis;
    });
  }

  toggle(key: string): void {
    const hidden = new Set(this.hidden.value);
    if (!hidden.delete(key)) hidden.add(key);
    this.hidden.value = hidden;
  }

  /** Shows one line of several alone, or all if it is alone already. */
  isolate(key: string, keys: readonly string[]): void {
    const others = keys.filter((one) => one !== key);
    const alone = !this.hidden.value.has(key) && others.every((one) => this.hidden.value.has(one));
    this.hidden.value = new Set(alone ? [] : others);
  }

  restore(state: ViewState): void {
    batch(() => {
      this.axis.value = state.axis;
      this.logX.value = state.logX;
      this.logY.value = state.logY;
      this.smoothing.value = state.smoothing;
      this.zoom.value = state.zoom;
      this.zoomY.value = state.zoomY;
      this.hidden.value = new Set(state.hidden);
      this.missed.value = 0;
    });
  }

  /** Takes the view from the page's address, and keeps it there. @returns what ends that */
  keepInAddress(): () => void {
    const read = (): void => this.restore(decodeView(fragmentQuery(location.hash)));
    read();
    addEventListener('hashchange', read);
    const stop = effect(() => {
      const address = withQuery(location.hash, encodeView(this.state.value, fragmentQuery(location.hash)));
      // Not a step in the history: going back should leave the page, not undo a zoom.
      if (address !== location.hash) history.replaceState(history.state, '', address);
    });
    return () => {
      removeEventListener('hashchange', read);
      stop();
    };
  }
}
