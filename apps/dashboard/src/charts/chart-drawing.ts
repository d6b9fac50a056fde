import { computed, effect, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import type { Range } from './axis.js';
import { stepAt } from './axis.js';
import { Feed } from './feed.js';
import type { Steps } from './feed.js';
import type { Unit } from './format.js';
import { listenForGestures } from './gestures.js';
import type { Line } from './lines.js';
import { reachOf, tracesOf } from './lines.js';
import type { PlacedMark } from './marks.js';
import { placeMarks } from './marks.js';
import { drawPicture, fitScales } from './picture.js';
import type { Picture, Scales } from './picture.js';
import { Plot } from './plot.js';
import type { Selection } from './plot.js';
import type { Scene } from './scene.js';
import { themeChanges } from './theme.js';

/** What a chart is of. */
export interface ChartSpec {
  /** Names it in links. */
  readonly id: string;
  readonly title: string;
  readonly help: string;
  readonly unit: Unit;
  readonly lines: readonly Line[];
}

/** Points are asked for in hundreds, so that a few pixels more or less need no new ones. */
const POINTS_STEP = 100;
/** Share of what is shown that is asked for on both sides of it: lines run out of the picture, and a small pan shows more. */
const MARGIN = 0.25;
const SMOOTHING_MS = 150;
/** Pixels around a mark in which the pointer is at it. */
const MARK_REACH = 6;

/** Draws a chart into an element, as its data comes and as a person moves it. */
export class ChartDrawing {
  readonly #view;
  readonly #feed: Feed;
  readonly #plot: Plot;
  readonly #visible = signal(false);
  readonly #size = signal({ width: 0, height: 0 });
  /** Whether it is this chart that the pointer is over. */
  readonly #pointed = signal(false);
  readonly #marks = signal<readonly PlacedMark[]>([]);
  #scales: Scales | undefined;
  #picture: Picture | undefined;
  #fitted: readonly unknown[] = [];
  #frame: number | undefined;
  #ends: (() => void)[] = [];

  /** All traces that are not hidden. */
  readonly traces = computed(() => {
    subscribeTo(this.#feed.changes, this.#feed.refinements);
    const { axis, hidden } = this.#view;
    const lines = this.spec.lines.filter(({ key }) => !hidden.value.has(key));
    return tracesOf(lines, axis.value, (line) => this.#feed.pointsOf(line));
  });
  /** What happened where the pointer is, and in which half of the chart that is. */
  readonly markNote = computed<{ readonly labels: readonly string[]; readonly left: boolean } | undefined>(() => {
    const { hover } = this.#view;
    const scales = this.#scales;
    if (!this.#pointed.value || hover.value === undefined || scales === undefined) return undefined;
    const share = this.#shareOf(hover.value, scales);
    const reach = MARK_REACH / this.#size.value.width;
    const marks = this.#marks.value.filter(({ place }) => Math.abs(this.#shareOf(place, scales) - share) <= reach);
    return marks.length === 0
      ? undefined
      : { labels: [...new Set(marks.map(({ label }) => label))], left: share < 0.5 };
  });

  constructor(
    readonly host: HTMLElement,
    readonly spec: ChartSpec,
    readonly scene: Scene,
  ) {
    this.#view = scene.view;
    this.#feed = new Feed(spec.lines, { points: POINTS_STEP, smoothing: 0 });
    this.#plot = new Plot(
      host,
      (place) => this.#hover(place),
      (selection) => this.#select(selection),
    );
  }

  get failure(): Feed['failure'] {
    return this.#feed.failure;
  }

  /** What is drawn, for a file; undefined before anything is. */
  get drawn(): { readonly picture: Picture; readonly canvas: HTMLCanvasElement } | undefined {
    const { canvas } = this.#plot;
    return this.#picture && canvas && { picture: this.#picture, canvas };
  }

  start(): void {
    const resized = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      this.#size.value = { width: Math.floor(width), height: Math.floor(height) };
    });
    resized.observe(this.host);
    const seen = new IntersectionObserver(([entry]) => (this.#visible.value = entry?.isIntersecting ?? false), {
      rootMargin: '200px',
    });
    seen.observe(this.host);
    const points = computed(() => Math.max(1, Math.ceil(this.#size.value.width / POINTS_STEP)) * POINTS_STEP);
    const wanted = computed(() => this.#visible.value && this.#size.value.width > 0);
    let loaded = '';
    this.#ends = [
      () => resized.disconnect(),
      () => seen.disconnect(),
      this.scene.listen((news) => this.#feed.take(news)),
      listenForGestures(this.host, () => this.#plot.area, {
        move: (from, to) => this.#move(from, to),
        reset: () => this.#view.follow(),
        point: (share) => this.#hover(share === undefined ? undefined : this.#placeAt(share)),
      }),
      effect(() => {
        const options = { points: points.value, smoothing: this.#view.smoothing.value };
        if (!wanted.value || loaded === JSON.stringify(options)) return;
        const timer = setTimeout(
          () => {
            loaded = JSON.stringify(options);
            void this.#feed.load(options);
          },
          loaded === '' ? 0 : SMOOTHING_MS,
        );
        return () => clearTimeout(timer);
      }),
      effect(() => {
        const zoom = this.#view.zoom.value;
        if (wanted.value) this.#feed.refine(zoom && ((run) => this.#stepsOf(run, zoom)));
      }),
      effect(() => this.#watch(wanted.value)),
      effect(() => this.#plot.point(this.#shownPlace(this.#view.hover.value))),
    ];
  }

  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    for (const end of this.#ends) end();
    this.#feed.stop();
    this.#plot.destroy();
  }

  /** Reads all that the drawing depends on, and draws once a frame. */
  #watch(wanted: boolean): void {
    const { state, focus, marks } = this.#view;
    subscribeTo(this.traces, this.scene.marks, state, focus, marks, themeChanges, this.#size);
    if (wanted) this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = undefined;
    const traces = this.traces.peek();
    const { axis, focus, marks } = this.#view;
    const { width, height } = this.#size.peek();
    if (traces.length === 0 || width === 0) return;
    this.#fit(traces);
    const scales = this.#scales as Scales;
    const reference = this.scene.reference();
    const placed =
      reference === undefined || !marks.peek()
        ? []
        : placeMarks(this.scene.marks.peek(), axis.peek(), reference.pace, reference.times, scales.rangeX);
    this.#marks.value = placed;
    const chart = { axis: axis.peek(), unit: this.spec.unit, width, height, focus: focus.peek() };
    this.#picture = drawPicture(traces, placed, scales, chart);
    this.#plot.draw(this.#picture, { width, height });
    this.#plot.point(this.#shownPlace(this.#view.hover.peek()));
  }

  /** Fits the scales to the data, unless the view is frozen and only data has changed. */
  #fit(traces: ReturnType<typeof tracesOf>): void {
    const { state, frozen } = this.#view;
    const { axis, logX, logY, hidden, zoom, zoomY } = state.peek();
    const own = zoomY[this.spec.id];
    const fitted = [axis, logX, logY, hidden.join(), zoom, own, this.#feed.refinements.peek()];
    const same = fitted.length === this.#fitted.length && fitted.every((one, index) => one === this.#fitted[index]);
    if (frozen.peek() && same) return;
    this.#fitted = fitted;
    const scales = fitScales(traces, { zoom, logX, logY }, reachOf(traces));
    this.#scales = own === undefined ? scales : { ...scales, rangeY: own };
  }

  #stepsOf(run: string, [from, to]: Range): Steps | undefined {
    const line = this.spec.lines.find((one) => one.run === run);
    const times = line && this.#feed.wholeOf(line);
    if (line === undefined || times === undefined) return undefined;
    const margin = (to - from) * MARGIN;
    const axis = this.#view.axis.peek();
    const [first, last] = [from - margin, to + margin].map((place) => stepAt(axis, line.pace, times, place));
    return { from: Math.max(0, Math.floor(first ?? 0)), to: Math.max(0, Math.ceil(last ?? 0)) };
  }

  #hover(place: number | undefined): void {
    this.#pointed.value = place !== undefined;
    this.#view.hover.value = place === undefined ? undefined : this.#scales?.x.backward(place);
  }

  /** Where on the picture a place on the x axis lies. */
  #shownPlace(place: number | undefined): number | undefined {
    return place === undefined ? undefined : this.#scales?.x.forward(place);
  }

  #placeAt(share: number): number | undefined {
    const { x } = this.#picture ?? {};
    return x && x.min + share * (x.max - x.min);
  }

  #shareOf(place: number, { x, rangeX: [min, max] }: Scales): number {
    return (x.forward(place) - x.forward(min)) / (x.forward(max) - x.forward(min));
  }

  #select({ x, y }: Selection): void {
    const scales = this.#scales;
    if (scales === undefined) return;
    const range = x.map(scales.x.backward) as unknown as Range;
    if (y === undefined) this.#view.show(range);
    else this.#view.show(range, { chart: this.spec.id, range: y.map(scales.y.backward) as unknown as Range });
  }

  #move(from: number, to: number): void {
    const [lower, upper] = [this.#placeAt(from), this.#placeAt(to)];
    const scales = this.#scales;
    if (scales === undefined || lower === undefined || upper === undefined) return;
    const range: Range = [scales.x.backward(lower), scales.x.backward(upper)];
    const reach = reachOf(tracesOf(this.spec.lines, this.#view.axis.peek(), (line) => this.#feed.wholeOf(line)));
    const zoomedOut = to - from > 1 && reach !== undefined && range[0] <= reach[0] && range[1] >= reach[1];
    if (zoomedOut) this.#view.follow();
    else this.#view.show(range);
  }
}

/** Reads signals, so that the effect or computation around runs again when one of them changes. */
function subscribeTo(...signals: readonly ReadonlySignal<unknown>[]): readonly unknown[] {
  return signals.map(({ value }) => value);
}
