import type { RunStatus } from '@layerline/api';
import { signal } from '@preact/signals';
import type { Pace, Times } from '../charts/axis.js';
import { startOf } from '../charts/axis.js';
import { askSeries } from '../charts/feed.js';
import type { News } from '../charts/feed.js';
import type { Mark } from '../charts/marks.js';
import type { Points } from '../charts/points.js';
import { outlineOf } from '../charts/run-outline.js';
import type { RunOutline } from '../charts/run-outline.js';
import type { Scene } from '../charts/scene.js';
import type { Plan } from '../charts/source.js';
import { ChartView } from '../charts/view.js';
import { runPath } from '../data/client.js';
import { client } from '../data/session.js';
import type { Config } from './configs.js';

/** A run among others. */
export interface ComparedRun extends RunOutline {
  readonly id: string;
  readonly config: Config;
  readonly layers: number;
  readonly pace: Pace;
  readonly ended: boolean;
}

/** A page has one stream of events, and many runs can be compared: they are asked for what is new, so often. */
const POLL_MS = 5000;
/** More than come between two polls. */
const NEW_POINTS = 5000;

/** The charts of several runs. */
export class CompareScene implements Scene {
  readonly view = new ChartView();
  /** What happened in one run says nothing of the others. */
  readonly marks = signal<readonly Mark[]>([]);
  /** Those that have been chosen and are known by now, by id. */
  readonly runs = signal<ReadonlyMap<string, ComparedRun>>(new Map());
  readonly failures = signal<ReadonlyMap<string, string>>(new Map());
  readonly #listeners = new Set<(news: News) => void>();
  readonly #stopped = new AbortController();
  #wanted: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #endView: (() => void) | undefined;

  /** To be called once. */
  start(): void {
    this.#endView = this.view.keepInAddress();
    this.#timer = setTimeout(() => void this.#poll(), POLL_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
    this.#endView?.();
  }

  /** Chooses the runs that are compared. */
  choose(ids: readonly string[]): void {
    this.#wanted = ids;
    const before = this.runs.peek();
    this.runs.value = this.#inOrder(before);
    for (const id of ids) if (!before.has(id)) void this.#load(id);
  }

  listen(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly reference = (): { readonly pace: Pace; readonly times: Times } | undefined =>
    this.runs.peek().values().next().value;

  async #load(id: string): Promise<void> {
    const { signal } = this.#stopped;
    try {
      const [{ config, plan }, ended] = await Promise.all([
        client.get<{ config: Config; plan: Plan }>(runPath(id, '/config'), signal),
        hasEnded(id, signal),
      ]);
      const outline = await outlineOf(id, plan.layers.length, signal);
      const pace = { batch: plan.batch, batchesPerEpoch: plan.batchesPerEpoch, startedAt: startOf(outline.times) };
      this.#set({ ...outline, id, config, layers: plan.layers.length, pace, ended });
      this.#fail(id, undefined);
    } catch (error) {
      if (!signal.aborted) this.#fail(id, (error as Error).message);
    }
  }

  #set(run: ComparedRun): void {
    this.runs.value = this.#inOrder(new Map(this.runs.peek()).set(run.id, run));
  }

  #fail(id: string, message: string | undefined): void {
    const failures = new Map(this.failures.peek());
    if (message === undefined) failures.delete(id);
    else failures.set(id, message);
    this.failures.value = failures;
  }

  #inOrder(runs: ReadonlyMap<string, ComparedRun>): ReadonlyMap<string, ComparedRun> {
    return new Map(
      this.#wanted.flatMap((id) => {
        const run = runs.get(id);
        return run === undefined ? [] : [[id, run] as const];
      }),
    );
  }

  async #poll(): Promise<void> {
    if (!document.hidden) {
      const running = [...this.runs.peek().values()].filter(({ ended }) => !ended);
      // What one of them cannot tell now, it may tell next time.
      await Promise.allSettled(running.map((run) => this.#ask(run)));
    }
    if (!this.#stopped.signal.aborted) this.#timer = setTimeout(() => void this.#poll(), POLL_MS);
  }

  /** Asks for what has been added to a run; what a rewind has taken back is told first. */
  async #ask(run: ComparedRun): Promise<void> {
    const { signal } = this.#stopped;
    const ended = await hasEnded(run.id, signal);
    const known = lastStep(run.present);
    const { present, times } = await outlineOf(run.id, run.layers, signal);
    const last = lastStep(present);
    if (!this.runs.peek().has(run.id)) return;
    if (last < known) this.#tell({ run: run.id, rewound: last });
    if (last > known) {
      const options = { from: known + 1, points: NEW_POINTS, smoothing: 0 };
      const { series } = await askSeries(run.id, [...present.keys()], options, signal);
      const samples = series.flatMap(({ name, step, at, trainSeconds, last: values }) =>
        values.map((value, index) => ({
          ...{ name, value, step: step[index] as number },
          ...{ at: at[index] as number, trainSeconds: trainSeconds[index] as number },
        })),
      );
      this.view.miss(new Set(samples.map(({ step }) => step)).size);
      this.#tell({ run: run.id, samples });
    }
    if (last !== known || ended) {
      const pace = { ...run.pace, startedAt: run.pace.startedAt || startOf(times) };
      this.#set({ ...run, present, times, pace, ended });
    }
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }
}

async function hasEnded(id: string, signal: AbortSignal): Promise<boolean> {
  return (await client.get<Pick<RunStatus, 'state'>>(runPath(id), signal)).state === 'ended';
}

function lastStep(present: ReadonlyMap<string, Points>): number {
  return Math.max(0, ...[...present.values()].map(({ step }) => step[0] ?? 0));
}
