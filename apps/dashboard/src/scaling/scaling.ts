import type { Operation, Preview } from '@layerline/api';
import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { runPath } from '../data/client.js';
import { sentenceOf } from '../data/errors.js';
import type { LiveRun } from '../data/live-run.js';
import type { Asked } from '../data/use-answer.js';
import type { Wish } from './offers.js';
import { newRequestId } from './request-id.js';

/** A number of shards that somebody considers for a layer. */
export interface Considered extends Wish {
  /** One for all attempts, so that pressing twice asks once. */
  readonly requestId: string;
  /** What it would come to. */
  readonly preview: Asked<Preview>;
  /** Whether it has been asked for, and the answer is not here yet. */
  readonly isAsked: boolean;
  /** Why it has not been taken, if it was asked for. */
  readonly why: string | undefined;
}

/** What is asked of the shards of a run's layers. */
export class Scaling {
  readonly #considered = signal<Considered | undefined>(undefined);
  readonly #isCancelling = signal(false);
  readonly #failure = signal<string | undefined>(undefined);

  /** Undefined while nobody considers anything. */
  readonly considered: ReadonlySignal<Considered | undefined> = this.#considered;
  readonly isCancelling: ReadonlySignal<boolean> = this.#isCancelling;
  /** Why a change could not be cancelled, until something else is asked for. */
  readonly failure: ReadonlySignal<string | undefined> = this.#failure;

  constructor(readonly live: LiveRun) {}

  /** Asks what a change would come to, without making it. */
  async consider({ layer, shards }: Wish): Promise<void> {
    const requestId = newRequestId();
    const asking = { state: 'asking' } as const;
    this.#failure.value = undefined;
    this.#considered.value = { layer, shards, requestId, preview: asking, isAsked: false, why: undefined };
    try {
      const answer = await this.live.client.post<Preview>(this.#path(layer, '/preview'), { shards });
      this.#note(requestId, { preview: { state: 'answered', answer } });
    } catch (error) {
      this.#note(requestId, { preview: { state: 'failed', why: sentenceOf(error) } });
    }
  }

  /** Asks for what is considered. It is no longer considered once it has been taken. */
  async ask(): Promise<void> {
    const considered = this.#considered.value;
    if (considered === undefined) return;
    const { layer, shards, requestId } = considered;
    this.#note(requestId, { isAsked: true, why: undefined });
    try {
      await this.live.client.put<Operation>(this.#path(layer), { shards, requestId });
      if (this.#considered.value?.requestId === requestId) this.leave();
    } catch (error) {
      this.#note(requestId, { isAsked: false, why: sentenceOf(error) });
    }
  }

  /** Leaves everything as it is. */
  leave(): void {
    this.#considered.value = undefined;
  }

  /** Gives up a change that still waits. @param id of the operation */
  async cancel(id: number): Promise<void> {
    this.#isCancelling.value = true;
    this.#failure.value = undefined;
    try {
      await this.live.client.delete<Operation>(runPath(this.live.id, `/operations/${id}`));
    } catch (error) {
      this.#failure.value = sentenceOf(error);
    } finally {
      this.#isCancelling.value = false;
    }
  }

  /** Something else may be considered by the time of an answer. */
  #note(requestId: string, news: Partial<Considered>): void {
    const considered = this.#considered.value;
    if (considered?.requestId === requestId) this.#considered.value = { ...considered, ...news };
  }

  #path(layer: string, rest = ''): string {
    return runPath(this.live.id, `/layers/${layer}${rest}`);
  }
}
