import type { Look, LookAsked, LookList, StreamItem } from '@layerline/api';
import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { runPath } from '../data/client.js';
import { sentenceOf } from '../data/errors.js';
import type { LiveRun } from '../data/live-run.js';

/** The looks of a run: those that are kept, the one that is shown, and those that are still to come. */
export class Looks {
  readonly #list = signal<LookList | undefined>(undefined);
  readonly #shown = signal<Look | undefined>(undefined);
  readonly #failure = signal<string | undefined>(undefined);
  readonly #stopped = new AbortController();
  /** The greatest id of a look that has been in the list; they count from 1. */
  #newest = 0;
  #leave: (() => void) | undefined;

  /** Undefined until the coordinator has answered. */
  readonly list: ReadonlySignal<LookList | undefined> = this.#list;
  readonly shown: ReadonlySignal<Look | undefined> = this.#shown;
  /** Why the last thing that was asked for has come to nothing. */
  readonly failure: ReadonlySignal<string | undefined> = this.#failure;

  constructor(readonly live: LiveRun) {}

  /** Asks for what is kept, and begins to watch for more. To be called once. */
  async start(): Promise<void> {
    this.#leave = this.live.subscribe((items) => void this.#hear(items));
    await this.#refresh();
  }

  stop(): void {
    this.#stopped.abort();
    this.#leave?.();
  }

  /** Asks for a look at a test image. It is shown when it has come. */
  async ask(image: number): Promise<void> {
    await this.#trying(async () => {
      await this.live.client.post<LookAsked>(this.#path(), { image });
      await this.#refresh();
    });
  }

  /** Shows one that is kept. */
  async show(id: number): Promise<void> {
    await this.#trying(async () => {
      this.#shown.value = await this.live.client.get<Look>(this.#path(`/${id}`), this.#stopped.signal);
    });
  }

  async #hear(items: readonly StreamItem[]): Promise<void> {
    const looked = items.filter((item) => item.type === 'looked');
    // One may have come while nobody listened; after the end, none comes any more.
    if (looked.length === 0 && !items.some(({ type }) => type === 'run' || type === 'ended')) return;
    await this.#refresh();
    const failed = looked.find(({ failure }) => failure !== undefined);
    if (failed !== undefined) this.#failure.value = `Test image ${failed.image}: ${failed.failure ?? ''}`;
  }

  /** Asks for the list, and shows the newest if it has not been there before: it may be in the list before its event has come. */
  async #refresh(): Promise<void> {
    await this.#trying(async () => {
      const list = await this.live.client.get<LookList>(this.#path(), this.#stopped.signal);
      this.#list.value = list;
      const { id = 0 } = list.looks.at(-1) ?? {};
      if (id <= this.#newest) return;
      this.#newest = id;
      await this.show(id);
    });
  }

  async #trying(act: () => Promise<void>): Promise<void> {
    try {
      this.#failure.value = undefined;
      await act();
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#failure.value = sentenceOf(error);
    }
  }

  #path(rest = ''): string {
    return runPath(this.live.id, `/looks${rest}`);
  }
}
