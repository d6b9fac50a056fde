import type { RunEvent, StreamItem } from '@layerline/api';
import { effect, signal } from '@preact/signals';
import { runPath } from '../data/client.js';
import { client } from '../data/session.js';
import { momentsOf, withMoment } from './bins.js';
import type { Moment } from './bins.js';
import type { LiveRun } from './source.js';

type Observation = Extract<RunEvent, { type: 'observation' }>;

/** Moments that are asked for, and at most kept. */
const [ASKED, MOST] = [100, 200];

/** How the goodness of each layer was distributed over time, growing with the run. */
export class GoodnessHistory {
  /** By layer; undefined before the first answer. */
  readonly layers = signal<readonly (readonly Moment[])[] | undefined>(undefined);
  readonly failure = signal<string | undefined>(undefined);
  readonly #stopped = new AbortController();
  #ends: (() => void)[] = [];

  constructor(readonly live: LiveRun) {}

  /** To be called once. */
  start(): void {
    this.#ends = [
      this.live.subscribe((items) => this.#hear(items)),
      effect(() => {
        const count = this.live.state.value?.plan.layers.length;
        if (count !== undefined && this.layers.peek() === undefined) void this.#load(count);
      }),
    ];
  }

  stop(): void {
    this.#stopped.abort();
    for (const end of this.#ends) end();
  }

  async #load(count: number): Promise<void> {
    const { signal } = this.#stopped;
    try {
      const path = `/observations?most=${ASKED}`;
      const { observations } = await client.get<{ observations: readonly Observation[] }>(
        runPath(this.live.id, path),
        signal,
      );
      this.layers.value = Array.from({ length: count }, (_, index) => momentsOf(observations, index));
    } catch (error) {
      if (!signal.aborted) this.failure.value = (error as Error).message;
    }
  }

  #hear(items: readonly StreamItem[]): void {
    for (const item of items) {
      const layers = this.layers.peek();
      if (layers === undefined) continue;
      if (item.type === 'observation') {
        this.layers.value = layers.map((moments, index) =>
          momentsOf([item], index).reduce<readonly Moment[]>((all, moment) => withMoment(all, moment, MOST), moments),
        );
      } else if (item.type === 'rewound') {
        this.layers.value = layers.map((moments) => moments.filter(({ step }) => step <= item.step));
      }
    }
  }
}
