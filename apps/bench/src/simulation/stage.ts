import { uniform } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import { all } from './clock.js';
import type { Clock, Wait } from './clock.js';
import type { Link } from './link.js';
import type { Duration, Shares, StageModel } from './model.js';
import type { Processor, Thread } from './processor.js';
import type { Wire } from './wire.js';

/** What a stage is joined with. */
export interface Surroundings {
  readonly clock: Clock;
  readonly processor: Processor;
  /** That sends and receives. */
  readonly thread: Thread;
  /** None for the feeder, which always has something to do. */
  readonly inputs: readonly Link[];
  /** None for the evaluator. */
  readonly outputs: readonly Link[];
  /** To the other shards of the layer. */
  readonly toPeers: readonly Wire[];
  readonly fromPeers: readonly Wire[];
  /** For each of the durations. */
  readonly keys: Readonly<Record<'forward' | 'finish' | 'learn', RandomKey>>;
}

type Activity = keyof Shares;

const NO_TIME: Readonly<Record<Activity, number>> = {
  busy: 0,
  waitingForInput: 0,
  waitingForPeers: 0,
  waitingForCredit: 0,
};

/** A stage: takes a frame from each input, works, sends, learns, again and again. */
export class Stage {
  #activity: Activity = 'busy';
  #since = 0;
  #spent = { ...NO_TIME };
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
    const { processor, thread, inputs, outputs, toPeers, fromPeers, keys } = this.surroundings;
    const { threads, assembling } = this.model;
    const forward = sampler(this.model.forward, keys.forward);
    const finish = sampler(this.model.finish, keys.finish);
    const learn = sampler(this.model.learn, keys.learn);
    const sending = new Gate();
    for (;;) {
      if (inputs.length > 0) {
        yield* this.#wait('waitingForInput', all(inputs.map((input) => (taken) => input.take(taken))));
        if (inputs.length > 1) yield thread.work(assembling);
      }
      yield processor.work(forward(), threads);
      if (toPeers.length > 0) {
        for (const peer of toPeers) peer.send();
        yield* this.#wait('waitingForPeers', all(fromPeers.map((peer) => (taken) => peer.take(taken))));
        yield processor.work(finish(), threads);
      }
      this.#frames++;
      if (outputs.length > 0) {
        yield* this.#wait('waitingForCredit', sending.opened);
        sending.close();
        all(outputs.map((output) => (accepted) => output.send(accepted)))(() => sending.open());
      }
      yield processor.work(learn(), threads);
    }
  }

  /** How the time since the last call was spent. */
  takeShares(): Shares {
    this.#enter(this.#activity);
    const { busy, waitingForInput, waitingForPeers, waitingForCredit } = this.#spent;
    this.#spent = { ...NO_TIME };
    const total = busy + waitingForInput + waitingForPeers + waitingForCredit;
    const share = (spent: number): number => (total === 0 ? 0 : spent / total);
    return {
      busy: share(busy),
      waitingForInput: share(waitingForInput),
      waitingForPeers: share(waitingForPeers),
      waitingForCredit: share(waitingForCredit),
    };
  }

  /** Lets time pass until something is over, on an account of its own. */
  *#wait(activity: Activity, wait: Wait): Generator<Wait, void> {
    this.#enter(activity);
    yield wait;
    this.#enter('busy');
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
