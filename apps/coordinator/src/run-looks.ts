import { MAX_PENDING_LOOKS } from '@layerline/api';
import type { RunEvent } from '@layerline/api';
import type { LookRequest, StreamOrder } from '@layerline/protocol';
import { LookError } from './errors.js';
import type { RunRecord } from './record/run-record.js';

/** What has been asked for a look at, through all lives of a run. */
export class RunLooks {
  readonly #pending = new Map<number, LookRequest>();

  /** @param order passes an order on to the head of the stream, if frames flow */
  constructor(
    readonly record: Pick<RunRecord, 'plan' | 'looks'>,
    readonly order: (order: StreamOrder) => void,
  ) {}

  /** What has not come yet, in the order in which it was asked for. */
  get pending(): LookRequest[] {
    return [...this.#pending.values()];
  }

  /**
   * Asks for a look at an image of the test set, counted from 0.
   * @returns the look's number: that of the one at the same image that is still to come, if there is one
   * @throws LookError where there is no such image, or too many looks are still to come
   */
  ask(image: number): number {
    const { testRows = 0 } = this.record.plan;
    if (image >= testRows)
      throw new LookError(`image: ${image} is none of the ${testRows} images of the test set`, 400);
    const same = this.pending.find((look) => look.image === image);
    if (same !== undefined) return same.id;
    if (this.#pending.size >= MAX_PENDING_LOOKS) {
      throw new LookError(`${this.#pending.size} looks are still to come: wait for one of them`, 409);
    }
    const look = { id: this.record.looks.nextId(), image };
    this.#pending.set(look.id, look);
    this.order({ type: 'look', ...look });
    return look.id;
  }

  /** Asks again for what has not come, in another life of the run. */
  askAgain(): void {
    for (const look of this.pending) this.order({ type: 'look', ...look });
  }

  handle(event: RunEvent): void {
    if (event.type === 'looked') this.#pending.delete(event.look);
  }
}
