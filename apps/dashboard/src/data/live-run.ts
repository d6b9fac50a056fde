import type { RunStatus, StreamItem } from '@layerline/api';
import { computed, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { runPath } from './client.js';
import type { Client } from './client.js';
import type { Connection } from './connection.js';
import { RefusedError, sentenceOf } from './errors.js';
import { withItem, withKept } from './run-state.js';
import type { EvaluationEvent, Kept, LiveState, ObservationEvent } from './run-state.js';

/** Events are taken in together, so often: enough for eyes, and little work while a gap of thousands is filled. */
const TAKE_IN_MS = 200;
/** Pauses between attempts to reach the coordinator again. */
const RETRY_MS = [1000, 2000, 5000, 10_000] as const;

export type Listener = (items: readonly StreamItem[]) => void;

/** A run as the page follows it: one stream of events, closed while nobody looks. */
export class LiveRun {
  readonly #state = signal<LiveState | undefined>(undefined);
  readonly #connection = signal<Connection>({ state: 'connecting' });
  readonly #heardAt = signal(Date.now());
  readonly #listeners = new Set<Listener>();
  readonly #stopped = new AbortController();
  readonly #pending: StreamItem[] = [];
  #source: EventSource | undefined;
  #timer: number | undefined;
  #flush: number | undefined;
  #failures = 0;

  /** All that is known of it; undefined until the coordinator has answered. */
  readonly state: ReadonlySignal<LiveState | undefined> = this.#state;
  readonly status: ReadonlySignal<RunStatus | undefined> = computed(() => this.#state.value?.status);
  readonly connection: ReadonlySignal<Connection> = this.#connection;
  /** When the newest item came, in milliseconds since 1970 by this machine's clock. */
  readonly heardAt: ReadonlySignal<number> = this.#heardAt;

  constructor(
    readonly id: string,
    readonly client: Client,
  ) {}

  /** Begins to follow the run. To be called once. */
  start(): void {
    document.addEventListener('visibilitychange', this.#look);
    this.#look();
  }

  /** Ends everything that it has begun. */
  stop(): void {
    document.removeEventListener('visibilitychange', this.#look);
    this.#stopped.abort();
    this.#close();
  }

  /** Is told of all items as they are taken in, after {@link state} has changed. @returns ends that */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly #look = (): void => {
    const { state } = this.#connection.value;
    if (state === 'ended' || state === 'refused') return;
    if (document.hidden) {
      this.#close();
      this.#connection.value = { state: 'resting' };
    } else if (this.#source === undefined) {
      this.#open();
    }
  };

  #open(): void {
    const after = this.#state.value?.id;
    const source = new EventSource(runPath(this.id, `/events${after === undefined ? '' : `?after=${after}`}`));
    this.#source = source;
    source.onmessage = ({ data }: MessageEvent<string>) => this.#hear(JSON.parse(data) as StreamItem);
    source.onerror = () => void this.#lose();
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#timer);
    this.#takeIn();
  }

  #hear(item: StreamItem): void {
    this.#pending.push(item);
    this.#flush ??= window.setTimeout(() => this.#takeIn(), TAKE_IN_MS);
    if (item.type === 'run') {
      this.#failures = 0;
      this.#connection.value = { state: 'live' };
      // At once, so that the page has something to show.
      this.#takeIn();
      void this.#catchUp();
    }
    if (item.type === 'ended') {
      this.#close();
      this.#connection.value = { state: 'ended' };
    }
  }

  #takeIn(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    if (this.#pending.length === 0) return;
    const items = this.#pending.splice(0);
    this.#heardAt.value = Date.now();
    this.#state.value = items.reduce(withItem, this.#state.value);
    for (const listener of this.#listeners) listener(items);
  }

  /** The stream has broken off: at the end of a run that had ended before, or because the connection is lost. */
  async #lose(): Promise<void> {
    this.#close();
    if (this.#state.value?.status.state === 'ended') {
      this.#connection.value = { state: 'ended' };
      return;
    }
    const { state } = this.#connection.value;
    if (state === 'live' || state === 'resting') this.#connection.value = { state: 'lost', since: this.#heardAt.value };
    await this.#findOut();
    if (this.#stopped.signal.aborted || this.#connection.value.state === 'refused' || document.hidden) return;
    const pause = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
    this.#timer = window.setTimeout(() => this.#look(), pause);
  }

  /** A browser does not tell why a stream could not be opened; a request does. */
  async #findOut(): Promise<void> {
    try {
      await this.client.get(runPath(this.id), this.#stopped.signal);
    } catch (error) {
      if (error instanceof RefusedError) this.#connection.value = { state: 'refused', why: sentenceOf(error) };
      else if (this.#connection.value.state === 'connecting') {
        this.#connection.value = { state: 'lost', since: this.#heardAt.value };
      }
    }
  }

  /** Asks for what the stream does not repeat. What cannot be had is left out: the run itself is shown all the same. */
  async #catchUp(): Promise<void> {
    const ask = <Answer>(path: string, without: Answer): Promise<Answer> =>
      this.client.get<Answer>(runPath(this.id, path), this.#stopped.signal).catch(() => without);
    const [{ events: history }, { evaluations }, { observations }] = await Promise.all([
      ask<{ events: Kept['history'] }>('/history', { events: [] }),
      ask<{ evaluations: readonly EvaluationEvent[] }>('/evaluations', { evaluations: [] }),
      ask<{ observations: readonly ObservationEvent[] }>('/observations?most=1', { observations: [] }),
    ]);
    const state = this.#state.value;
    if (state === undefined || this.#stopped.signal.aborted) return;
    this.#state.value = withKept(state, { history, evaluations, observation: observations.at(-1) });
  }
}
