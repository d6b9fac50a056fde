import type { RunList } from '@layerline/api';
import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import type { Client } from './client.js';
import { sentenceOf } from './errors.js';

const INTERVAL_MS = 3000;

/** The coordinator's runs, asked for every few seconds while somebody looks. */
export class Runs {
  readonly #list = signal<RunList | undefined>(undefined);
  readonly #failure = signal<string | undefined>(undefined);
  readonly #answeredAt = signal(Date.now());
  readonly #stopped = new AbortController();
  #timer: number | undefined;

  /** As of {@link answeredAt}; undefined before the first answer. */
  readonly list: ReadonlySignal<RunList | undefined> = this.#list;
  /** Why the last request failed, if it did. */
  readonly failure: ReadonlySignal<string | undefined> = this.#failure;
  /** In milliseconds since 1970. */
  readonly answeredAt: ReadonlySignal<number> = this.#answeredAt;

  constructor(readonly client: Client) {}

  /** To be called once. */
  start(): void {
    document.addEventListener('visibilitychange', this.#look);
    this.#look();
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.#look);
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => void this.#ask();

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    const { signal } = this.#stopped;
    try {
      this.#list.value = await this.client.get<RunList>('/api/runs', signal);
      this.#failure.value = undefined;
      this.#answeredAt.value = Date.now();
    } catch (error) {
      this.#failure.value = sentenceOf(error);
    }
    if (signal.aborted) return;
    // Another request may have been sent meanwhile, when the tab came back into view.
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(this.#look, INTERVAL_MS);
  }
}
