import type { Look, LookAsked, LookHead, LookList, StreamItem } from '@layerline/api';
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
    const newest = this.#list.value?.looks.at(-1);
    if (newest !== undefined && this.#shown.value === undefined) await this.show(newest.id);
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
    const before = this.#list.value;
    await this.#refresh();
    const failed = looked.find(({ failure }) => failure !== undefined);
    if (failed !== undefined) this.#failure.value = `Test image ${failed.image}: ${failed.failure ?? ''}`;
    const newest = newestOf(before, this.#list.value);
    if (newest !== undefined) await this.show(newest.id);
  }

  async #refresh(): Promise<void> {
    await this.#trying(async () => {
      this.#list.value = await this.live.client.get<LookList>(this.#path(), this.#stopped.signal);
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

/** The newest of those that have been added. */
function newestOf(before: LookList | undefined, after: LookList | undefined): LookHead | undefined {
  const known = before?.looks.at(-1)?.id ?? 0;
  const newest = after?.looks.at(-1);
  return newest !== undefined && newest.id > known ? newest : undefined;
}
