import type { RunAction, StreamItem } from '@layerline/api';
import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { runPath } from '../data/client.js';
import { sentenceOf } from '../data/errors.js';
import type { LiveRun } from '../data/live-run.js';
import { failureIn, hasHappened } from './actions.js';

/** Something that was asked for and will not happen. */
export interface Refusal {
  readonly action: RunAction;
  readonly why: string;
}

/** What has been asked of a run, until an event shows that it has happened. */
export class Orders {
  readonly #pending = signal<ReadonlySet<RunAction>>(new Set());
  readonly #refusal = signal<Refusal | undefined>(undefined);
  #leave: (() => void) | undefined;

  readonly pending: ReadonlySignal<ReadonlySet<RunAction>> = this.#pending;
  /** The last one, until something else is asked for. */
  readonly refusal: ReadonlySignal<Refusal | undefined> = this.#refusal;

  constructor(readonly live: LiveRun) {}

  /** Begins to watch for what happens. */
  start(): void {
    this.#leave = this.live.subscribe((items) => items.forEach((item) => this.#see(item)));
  }

  stop(): void {
    this.#leave?.();
  }

  async give(action: RunAction): Promise<void> {
    // It may have happened before the answer is here.
    this.#pending.value = new Set([...this.#pending.value, action]);
    this.#refusal.value = undefined;
    try {
      await this.live.client.post(runPath(this.live.id, `/${action}`));
    } catch (error) {
      this.#settle(action);
      this.#refusal.value = { action, why: sentenceOf(error) };
    }
  }

  dismiss(): void {
    this.#refusal.value = undefined;
  }

  #see(item: StreamItem): void {
    for (const action of this.#pending.value) {
      if (!hasHappened(action, item)) continue;
      this.#settle(action);
      const why = failureIn(action, item);
      if (why !== undefined) this.#refusal.value = { action, why };
    }
  }

  #settle(action: RunAction): void {
    this.#pending.value = new Set([...this.#pending.value].filter((other) => other !== action));
  }
}
