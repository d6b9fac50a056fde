import type { StreamItem } from '@layerline/api';
import type { Test } from 'tap';

/** A stream of events that a test writes. */
export class FakeSource {
  onmessage: ((message: { readonly data: string }) => void) | undefined;
  onerror: (() => void) | undefined;
  isClosed = false;

  constructor(readonly url: string) {}

  close(): void {
    this.isClosed = true;
  }

  send(item: StreamItem): void {
    if (this.isClosed) throw new Error('the stream is closed');
    this.onmessage?.({ data: JSON.stringify(item) });
  }

  fail(): void {
    this.onerror?.();
  }
}

interface Refusal {
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string };
}

const EMPTY = { events: [], evaluations: [], observations: [] };

/** What the data layer needs of a browser, with time and network in the test's hand. */
export class FakeBrowser {
  /** By path; empty lists for any other. */
  readonly answers = new Map<string, object>();
  readonly refusals = new Map<string, Refusal>();
  /** All that has been asked for, with its method and what was sent. */
  readonly requests: { readonly method: string; readonly path: string; readonly body: unknown }[] = [];
  unreachable = false;
  readonly #sources: FakeSource[] = [];
  readonly #pending = new Map<number, () => void>();
  readonly #asked = new Set<Promise<unknown>>();
  readonly #document = Object.assign(new EventTarget(), { hidden: false });
  #timer = 0;

  /** Takes the place of the globals until the test has ended. */
  install(t: Test): void {
    const sources = this.#sources;
    const EventSource = class extends FakeSource {
      constructor(url: string) {
        super(url);
        sources.push(this);
      }
    };
    const setTimeout = (act: () => void): number => {
      this.#pending.set(++this.#timer, act);
      return this.#timer;
    };
    const clearTimeout = (timer: number): boolean => this.#pending.delete(timer);
    const fetch = (path: string, { method = 'GET', body }: RequestInit): Promise<Response> => {
      this.requests.push({ method, path, body: typeof body === 'string' ? JSON.parse(body) : undefined });
      return this.#keep(this.#fetch(path));
    };
    const fakes = { EventSource, document: this.#document, window: { setTimeout }, clearTimeout, fetch };
    for (const [name, fake] of Object.entries(fakes)) t.intercept(globalThis, name as 'fetch', { value: fake });
  }

  /** The newest stream. */
  get source(): FakeSource {
    const source = this.#sources.at(-1);
    if (source === undefined) throw new Error('no stream has been opened');
    return source;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#pending.size;
  }

  /** Lets the time pass for which all timers wait that are set now. */
  runTimers(): void {
    const due = [...this.#pending.values()];
    this.#pending.clear();
    for (const act of due) act();
  }

  setHidden(hidden: boolean): void {
    this.#document.hidden = hidden;
    this.#document.dispatchEvent(new Event('visibilitychange'));
  }

  /** When every request so far has been answered, and whoever asked has dealt with it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#asked);
    await new Promise((resolve) => setImmediate(resolve));
  }

  #keep<Answer>(asked: Promise<Answer>): Promise<Answer> {
    this.#asked.add(asked);
    return asked;
  }

  async #fetch(path: string): Promise<Response> {
    if (this.unreachable) throw new TypeError('fetch failed');
    const refusal = this.refusals.get(path);
    if (refusal !== undefined) return Response.json({ error: refusal.error }, { status: refusal.status });
    return Response.json(this.answers.get(path) ?? EMPTY);
  }
}
