import { uniform } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import type { Clock, Wait } from './clock.js';
import type { Link } from './link.js';
import type { Duration, Shares, StageModel } from './model.js';
import type { Processor } from './processor.js';

/** What a stage is joined with. */
export interface Surroundings {
  readonly clock: Clock;
  readonly processor: Processor;
  /** Undefined for the feeder, which always has something to do. */
  readonly input: Link | undefined;
  /** Undefined for the evaluator. */
  readonly output: Link | undefined;
  /** For each of the two durations. */
  readonly keys: readonly [forward: RandomKey, learn: RandomKey];
}

type Activity = keyof Shares;

/** A stage: takes a frame, works, sends, learns, again and again. */
export class Stage {
  #activity: Activity = 'busy';
  #since = 0;
  #spent = { busy: 0, waitingForInput: 0, waitingForCredit: 0 };
  #frames = 0;

  constructor(
    readonly model: StageModel,
    readonly surroundings: Surroundings,
  ) {}

  /** Frames whose result is there. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * What the stage does, as `flow` of `@layerline/stage` and the role have it: one frame may wait for credit while the
   * role works on the next, no more.
   */
  *run(): Generator<Wait, void> {
    const { processor, input, output, keys } = this.surroundings;
    const { threads } = this.model;
    const forward = sampler(this.model.forward, keys[0]);
    const learn = sampler(this.model.learn, keys[1]);
    const sending = new Gate();
    for (;;) {
      if (input !== undefined) {
        this.#enter('waitingForInput');
        yield (taken) => input.take(taken);
        this.#enter('busy');
      }
      yield processor.work(forward(), threads);
      this.#frames++;
      if (output !== undefined) {
        this.#enter('waitingForCredit');
        yield sending.opened;
        this.#enter('busy');
        sending.close();
        output.send(() => sending.open());
      }
      yield processor.work(learn(), threads);
    }
  }

  /** How the time since the last call was spent. */
  takeShares(): Shares {
    this.#enter(this.#activity);
    const { busy, waitingForInput, waitingForCredit } = this.#spent;
    this.#spent = { busy: 0, waitingForInput: 0, waitingForCredit: 0 };
    const total = busy + waitingForInput + waitingForCredit;
    const share = (spent: number): number => (total === 0 ? 0 : spent / total);
    return {
      busy: share(busy),
      waitingForInput: share(waitingForInput),
      waitingForCredit: share(waitingForCredit),
    };
  }

  #enter(activity: Activity): void {
    const { now } = this.surroundings.clock;
    this.#spent[this.#activity] += now - this.#since;
    this.#since = now;
    this.#activity = activity;
  }
}

/** Lets one process pass, at once where it is open and else as soon as it opens. */
class Gate {
  #open = true;
  #waiting: (() => void) | undefined;

  readonly opened: Wait = (over) => {
    if (this.#open) over();
    else this.#waiting = over;
  };

  close(): void {
    this.#open = false;
  }

  open(): void {
    this.#open = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}

/** Gives one duration after the other. @param key of these durations alone */
function sampler(duration: Duration, key: RandomKey): () => number {
  if (typeof duration === 'number') return () => duration;
  let drawn = 0;
  return () => duration[Math.floor(uniform(key, drawn++) * duration.length)] as number;
}
