import type { RunEventBody } from '@layerline/api';
import type { RunConfig } from '@layerline/plan';
import type { Capabilities, LinkIdentity, StreamOrder } from '@layerline/protocol';
import type { RunRecord } from './record/run-record.js';

/** A life of a run that is to be carried out. */
export interface Life {
  readonly record: RunRecord;
  readonly identity: LinkIdentity;
  /** The step of the snapshot to go on from, or undefined for the beginning. */
  readonly resume: number | undefined;
  readonly emit: (event: RunEventBody) => void;
  /** Told what is missing while nothing can begin. */
  readonly waiting: (missing: string) => void;
  /** Told when the stages start, and when frames flow. */
  readonly starting: () => void;
  readonly running: () => void;
  /** Ends the run for good, for a reason that no further life would mend. */
  readonly abort: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** A life under way. */
export interface Execution {
  /** Settles when nothing of it is left: rejected with what has gone wrong, if anything has. */
  readonly ended: Promise<void>;
  /** Whether frames flow. */
  readonly isRunning: boolean;
  /** The name of each stage's node. */
  readonly placement: ReadonlyMap<string, string>;
  /** Passes an order about the stream on to its head, once frames flow. */
  order(order: StreamOrder): void;
  /** Ends it at once. @param error why */
  end(error: Error): void;
}

/**
 * What carries out the lives of a coordinator's runs: nodes that have joined it, or the process that it is in. Whichever it is, runs
 * are begun, followed, recorded and recovered in the same way.
 */
export interface Executor {
  /** What plans can count on now. */
  capabilities(): readonly Capabilities[];
  /** Refuses a run that cannot be carried out here. @throws ConfigError */
  check(config: RunConfig): void;
  /** Begins a life, waiting as long as it takes for what it needs. @throws the signal's reason */
  execute(life: Life): Promise<Execution>;
  /** The run is over: whatever was kept open for it is closed. */
  release(run: string): void;
}
