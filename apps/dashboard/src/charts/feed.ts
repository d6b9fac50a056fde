import type { SeriesAnswer } from '@layerline/api';
import { signal } from '@preact/signals';
import { runPath } from '../data/client.js';
import { client } from '../data/session.js';
import { firstAtLeast } from './axis.js';
import type { Line } from './lines.js';
import { append, isThinned, noPoints, thin, withdraw } from './points.js';
import type { Points, Sample } from './points.js';

/** What happened to the series of a run. */
export type News =
  | { readonly run: string; readonly samples: readonly Sample[] }
  /** Everything beyond the step is taken back. */
  | { readonly run: string; readonly rewound: number };

/** Steps of a run, both included. */
export interface Steps {
  readonly from: number;
  readonly to: number;
}

export interface FeedOptions {
  /** Points that a chart has room for. */
  readonly points: number;
  readonly smoothing: number;
}

/** The steps of a run that are zoomed into; undefined for none. */
type StepsOf = (run: string) => Steps | undefined;

/** A rewind may take back stretches of which a part still holds; it comes back with the next request, this much later. */
const RELOAD_MS = 1000;
const DETAIL_MS = 120;

/** The data of one chart: all of it, thinned, growing as news comes; and more finely what was zoomed into. */
export class Feed {
  #whole = new Map<string, Points>();
  #detail = new Map<string, Points>();
  #pending: News[] | undefined = [];
  #loading = new AbortController();
  #zooming = new AbortController();
  #reload: ReturnType<typeof setTimeout> | undefined;
  #refining: ReturnType<typeof setTimeout> | undefined;
  #stepsOf: StepsOf | undefined;

  /** Counts changes of what {@link pointsOf} gives. */
  readonly changes = signal(0);
  /** Counts arrivals of what was asked for because of a zoom. */
  readonly refinements = signal(0);
  readonly failure = signal<string | undefined>(undefined);

  constructor(
    readonly lines: readonly Line[],
    private options: FeedOptions,
  ) {}

  /** The points of a line; undefined before they have come. */
  pointsOf({ run, name }: Line): Points | undefined {
    const id = key(run, name);
    return this.#detail.get(id) ?? this.#whole.get(id);
  }

  /** All points of a line, also while a part of them is shown more finely. */
  wholeOf({ run, name }: Line): Points | undefined {
    return this.#whole.get(key(run, name));
  }

  /** Asks for everything again. What is there stays until the answer has come. */
  async load(options: FeedOptions = this.options): Promise<void> {
    this.options = options;
    clearTimeout(this.#reload);
    this.#loading.abort();
    const { signal } = (this.#loading = new AbortController());
    this.#pending = [];
    try {
      this.#whole = await this.#ask(() => ({}), signal);
      const pending = this.#pending;
      this.#pending = undefined;
      for (const news of pending) this.take(news);
      this.failure.value = undefined;
      this.changes.value++;
      if (this.#stepsOf !== undefined) this.refine(this.#stepsOf);
    } catch (error) {
      if (!signal.aborted) this.failure.value = (error as Error).message;
    }
  }

  /** Shows a part more finely, as soon as it has come; undefined for all of it again. @param stepsOf by run */
  refine(stepsOf: StepsOf | undefined): void {
    this.#zooming.abort();
    clearTimeout(this.#refining);
    this.#stepsOf = stepsOf;
    if (stepsOf === undefined) {
      if (this.#detail.size === 0) return;
      this.#detail = new Map();
      this.changes.value++;
    } else if ([...this.#whole.values()].some(isThinned)) {
      const { signal } = (this.#zooming = new AbortController());
      this.#refining = setTimeout(() => void this.#refine(stepsOf, signal), DETAIL_MS);
    }
  }

  async #refine(stepsOf: StepsOf, signal: AbortSignal): Promise<void> {
    try {
      this.#detail = await this.#ask(stepsOf, signal);
      for (const line of this.lines) this.#catchUp(line, stepsOf(line.run));
      this.failure.value = undefined;
      this.refinements.value++;
    } catch (error) {
      if (!signal.aborted) this.failure.value = (error as Error).message;
    }
  }

  /** Adds to a part that reaches beyond the end what has come since it was asked for. */
  #catchUp({ run, name }: Line, steps: Steps | undefined): void {
    const [whole, detail] = [this.#whole, this.#detail].map((points) => points.get(key(run, name)));
    if (whole === undefined || detail === undefined || steps === undefined) return;
    const first = firstAtLeast(whole.step, (detail.step.at(-1) ?? 0) + 1);
    for (let index = first; (whole.step[index] ?? Infinity) <= steps.to; index++) {
      const [step, at, trainSeconds, value] = [whole.step, whole.at, whole.trainSeconds, whole.last].map(
        (column) => column[index] as number,
      ) as [number, number, number, number];
      append(detail, { name, step, at, trainSeconds, value }, this.options.smoothing);
    }
  }

  /** Adds what has come, or takes back what was undone. */
  take(news: News): void {
    if (this.#pending !== undefined) this.#pending.push(news);
    const changed = 'rewound' in news ? this.#rewind(news.run, news.rewound) : this.#append(news.run, news.samples);
    if (changed) this.changes.value++;
  }

  stop(): void {
    clearTimeout(this.#reload);
    clearTimeout(this.#refining);
    this.#loading.abort();
    this.#zooming.abort();
  }

  #append(run: string, samples: readonly Sample[]): boolean {
    let changed = false;
    for (const sample of samples) {
      const id = key(run, sample.name);
      if (!this.lines.some((line) => line.run === run && line.name === sample.name)) continue;
      const whole = this.#whole.get(id) ?? noPoints();
      changed = append(whole, sample, this.options.smoothing) || changed;
      this.#whole.set(id, this.#madeToFit(id, whole));
      const detail = this.#detail.get(id);
      if (detail !== undefined && sample.step <= (this.#stepsOf?.(run)?.to ?? 0))
        append(detail, sample, this.options.smoothing);
    }
    return changed;
  }

  /** Thins points to between one and two times as many as there is room for. What is zoomed into stays as fine as it is. */
  #madeToFit(id: string, whole: Points): Points {
    if (whole.step.length <= 2 * this.options.points) return whole;
    if (this.#stepsOf !== undefined && !this.#detail.has(id)) this.#detail.set(id, whole);
    return thin(whole, this.options.points);
  }

  #rewind(run: string, step: number): boolean {
    const lines = this.lines.filter((line) => line.run === run);
    const kept = lines.flatMap(({ name }) => [this.#whole, this.#detail].map((points) => points.get(key(run, name))));
    const changed = kept.filter((points) => points !== undefined && withdraw(points, step)).length > 0;
    if (changed && this.#pending === undefined) {
      clearTimeout(this.#reload);
      this.#reload = setTimeout(() => void this.load(), RELOAD_MS);
    }
    return changed;
  }

  async #ask(stepsOf: (run: string) => Partial<Steps> | undefined, signal: AbortSignal): Promise<Map<string, Points>> {
    const names = new Map<string, string[]>();
    for (const { run, name } of this.lines) names.set(run, [...(names.get(run) ?? []), name]);
    const answers = await Promise.all(
      [...names].map(async ([run, wanted]) => {
        const steps = stepsOf(run);
        if (steps === undefined) return [];
        const { series } = await askSeries(run, wanted, { ...steps, ...this.options }, signal);
        return series.map(({ name, ...points }) => [key(run, name), points] as const);
      }),
    );
    return new Map(answers.flat().filter(([, { step }]) => step.length > 0));
  }
}

/** Asks for series of a run. @throws RefusedError, UnreachableError, or the signal's reason */
export function askSeries(
  run: string,
  names: readonly string[],
  { from, to, points, smoothing }: Partial<Steps> & FeedOptions,
  signal: AbortSignal,
): Promise<SeriesAnswer> {
  const query = new URLSearchParams({ points: String(points) });
  if (smoothing > 0) query.set('smoothing', String(smoothing));
  if (from !== undefined) query.set('from', String(from));
  if (to !== undefined) query.set('to', String(to));
  const path = `/series?names=${names.map(encodeURIComponent).join(',')}&${query.toString()}`;
  return client.get(runPath(run, path), signal);
}

function key(run: string, name: string): string {
  return JSON.stringify([run, name]);
}
