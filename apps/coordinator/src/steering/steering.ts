import type { RunState } from '@layerline/api';
import type { StreamOrder } from '@layerline/protocol';
import { NoFramesError, RunStoppedError, RunStoppingError } from './errors.js';

/** A run as it is steered. */
export interface Steerable {
  readonly id: string;
  readonly stream: { readonly hasFrames: boolean; order(order: StreamOrder): void };
  readonly state: () => RunState;
  readonly enter: (state: RunState) => void;
  /** Whether frames are held for a change of the run's stages. */
  readonly isHeld: () => boolean;
  /** Ends the run at once. */
  readonly abort: (error: Error) => void;
  readonly notice: (sentence: string) => void;
}

/**
 * - `asked`: it takes place after the current batch, or, where the run waits or recovers, as soon as frames flow
 * - `already`: it was so before, and nothing is changed
 * - `aborted`: the run ends at once, without a model
 */
export type Answer = 'asked' | 'already' | 'aborted';

/**
 * What operators ask of a run that is under way. What is asked while frames do not flow is kept until they do, over all lives of
 * the run. Once it is being stopped, nothing else is taken, but for an immediate stop.
 */
export class Steering {
  #isPaused = false;
  #stopping: 'cleanly' | 'at once' | undefined;
  #reason: string | undefined;

  constructor(readonly run: Steerable) {}

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Why the run is stopped, in the words of whoever did. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /**
   * Ends the run early but cleanly: the current batch is finished and the model is stored. One whose frames do not flow, and one
   * that is not to be waited for, ends without a model.
   * @param reason for the run's record
   */
  stop({
    now = false,
    reason,
  }: { readonly now?: boolean | undefined; readonly reason?: string | undefined } = {}): Answer {
    const { stream, state, abort, notice, id } = this.run;
    if (reason !== undefined) {
      this.#reason = reason;
      notice(`stopped by an operator: ${reason}`);
    }
    if (this.#stopping === 'at once' || (this.isStopping && !now)) return 'already';
    this.#stopping = 'cleanly';
    if (!now && stream.hasFrames) {
      stream.order({ type: 'stop' });
      return 'asked';
    }
    // Frames will soon flow again, and then it is stopped.
    if (!now && state() === 'reshaping') return 'asked';
    this.#stopping = 'at once';
    abort(new RunStoppedError(id));
    return 'aborted';
  }

  /** @throws RunStoppingError */
  pause(): Answer {
    this.#refuseStopping();
    if (this.#isPaused) return 'already';
    this.#isPaused = true;
    this.run.stream.order({ type: 'pause' });
    if (this.run.state() === 'running') this.run.enter('paused');
    return 'asked';
  }

  /** @throws RunStoppingError */
  resume(): Answer {
    this.#refuseStopping();
    if (!this.#isPaused) return 'already';
    this.#isPaused = false;
    // Those that are held for a change flow again when it is over.
    if (!this.run.isHeld()) this.run.stream.order({ type: 'resume' });
    if (this.run.state() === 'paused') this.run.enter('running');
    return 'asked';
  }

  /** @throws RunStoppingError, NoFramesError */
  evaluate(): Answer {
    return this.#amongFrames({ type: 'evaluate' });
  }

  /** @throws RunStoppingError, NoFramesError */
  snapshot(): Answer {
    return this.#amongFrames({ type: 'snapshot' });
  }

  /** Frames begin to flow: repeats what has been asked before. */
  repeat(): void {
    if (this.isStopping) this.run.stream.order({ type: 'stop' });
    else if (this.#isPaused) this.run.stream.order({ type: 'pause' });
  }

  #amongFrames(order: StreamOrder): Answer {
    this.#refuseStopping();
    const { stream, id, state } = this.run;
    if (!stream.hasFrames) throw new NoFramesError(id, state());
    stream.order(order);
    return 'asked';
  }

  #refuseStopping(): void {
    if (this.isStopping) throw new RunStoppingError(this.run.id);
  }
}
