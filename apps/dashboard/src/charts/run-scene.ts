import type { StreamItem } from '@layerline/api';
import { batch, computed, effect, signal } from '@preact/signals';
import type { Pace, Times } from './axis.js';
import { startOf } from './axis.js';
import type { News } from './feed.js';
import { markOf, withMark } from './marks.js';
import type { Mark } from './marks.js';
import { append, noPoints, thin, withdraw } from './points.js';
import type { Points } from './points.js';
import { outlineOf, TIME_POINTS } from './run-outline.js';
import { samplesOf } from './samples.js';
import type { Scene } from './scene.js';
import type { LiveRun, Plan } from './source.js';
import { ChartView } from './view.js';

/** The charts of one run: which series it has, when it was where, what comes and what happens. */
export class RunScene implements Scene {
  readonly view = new ChartView();
  /** Names of the series that have points; undefined before they are known. */
  readonly present = signal<ReadonlySet<string> | undefined>(undefined);
  readonly failure = signal<string | undefined>(undefined);
  /** Undefined before the first point. */
  readonly pace = signal<Pace | undefined>(undefined);
  readonly #history = computed(() => this.live.state.value?.history);
  readonly #evaluations = computed(() => this.live.state.value?.evaluations);
  readonly marks = computed<readonly Mark[]>(() => {
    const events = [...(this.#evaluations.value ?? []), ...(this.#history.value ?? [])];
    return events.flatMap((event) => markOf(event) ?? []).reduce<readonly Mark[]>(withMark, []);
  });

  readonly #listeners = new Set<(news: News) => void>();
  readonly #stopped = new AbortController();
  #times: Points = noPoints();
  #ends: (() => void)[] = [];

  constructor(readonly live: LiveRun) {}

  /** Begins to follow the run, and to keep the view in the address. To be called once. */
  start(): void {
    const plan = computed(() => this.live.state.value?.plan);
    this.#ends = [
      this.view.keepInAddress(),
      this.live.subscribe((items) => this.#hear(items)),
      effect(() => {
        if (plan.value !== undefined && this.present.peek() === undefined) void this.#load(plan.value);
      }),
    ];
  }

  stop(): void {
    this.#stopped.abort();
    for (const end of this.#ends) end();
  }

  listen(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly reference = (): { readonly pace: Pace; readonly times: Times } | undefined => {
    const pace = this.pace.peek();
    return pace && { pace, times: this.#times };
  };

  async #load({ layers, ...plan }: Plan): Promise<void> {
    const { signal } = this.#stopped;
    try {
      const { present, times } = await outlineOf(this.live.id, layers.length, signal);
      this.#times = times;
      batch(() => {
        this.#setPace(plan);
        this.present.value = new Set(present.keys());
      });
    } catch (error) {
      if (!signal.aborted) this.failure.value = (error as Error).message;
    }
  }

  #setPace({ batch: size, batchesPerEpoch }: Omit<Plan, 'layers'>): void {
    if (this.#times.step.length === 0 || this.pace.peek() !== undefined) return;
    this.pace.value = { batch: size, batchesPerEpoch, startedAt: startOf(this.#times) };
  }

  #hear(items: readonly StreamItem[]): void {
    for (const item of items) {
      if (item.type === 'run') continue;
      if (item.type === 'rewound') {
        withdraw(this.#times, item.step);
        this.#tell({ run: this.live.id, rewound: item.step });
      }
      const samples = samplesOf(item);
      const [first] = samples;
      if (first === undefined) continue;
      if (append(this.#times, first, 0)) this.view.miss(1);
      if (this.#times.step.length > 2 * TIME_POINTS) this.#times = thin(this.#times, TIME_POINTS);
      this.#add(samples.map(({ name }) => name));
      this.#tell({ run: this.live.id, samples });
    }
  }

  /** A series that has its first point gets its chart. */
  #add(names: readonly string[]): void {
    const present = this.present.peek();
    const plan = this.live.state.peek()?.plan;
    if (present === undefined || plan === undefined || names.every((name) => present.has(name))) return;
    batch(() => {
      this.#setPace(plan);
      this.present.value = new Set([...present, ...names]);
    });
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }
}
