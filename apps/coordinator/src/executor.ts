import type { RunEventBody } from '@layerline/api';
import type { RunConfig } from '@layerline/plan';
import type { Capabilities, LinkIdentity, StreamOrder } from '@layerline/protocol';
import type { RunRecord } from './record/run-record.js';

/** A life of a run, to be carried out. */
export interface Life {
  readonly record: RunRecord;
  readonly identity: LinkIdentity;
  /** The step of the snapshot to go on from, or undefined for the beginning. */
  readonly resume: number | undefined;
  readonly emit: (event: RunEventBody) => void;
  /** Called with what is missing, while the life cannot begin. */
  readonly waiting: (missing: string) => void;
  /** Called when the stages start. */
  readonly starting: () => void;
  /** Called when frames begin to flow. */
  readonly running: () => void;
  /** Ends the run for good, for a reason that another life would not cure. */
  readonly abort: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** A life under way. */
export interface Execution {
  /** Settles when nothing of it is left: rejects with what went wrong, if anything did. */
  readonly ended: Promise<void>;
  /** Whether frames flow. */
  readonly isRunning: boolean;
  /** The name of each stage's node. */
  readonly placement: ReadonlyMap<string, string>;
  /** Passes an order about the stream on to its head; does nothing unless frames flow. */
  order(order: StreamOrder): void;
  /** Ends it as soon as possible. @param error why */
  end(error: Error): void;
}

/**
 * What carries out the lives of a coordinator's runs: the nodes that have joined it, or its own process. Either way, runs
 * are begun, followed, recorded and recovered alike.
 */
export interface Executor {
  /** What a plan can count on now. */
  capabilities(): readonly Capabilities[];
  /** Refuses a run that cannot be carried out here. @throws ConfigError, PlacementError */
  check(config: RunConfig): void;
  /** Begins a life, after waiting as long as it takes for what it needs. @throws the signal's reason */
  execute(life: Life): Promise<Execution>;
  /** The run is over: closes whatever was kept open for it. */
  release(run: string): void;
}
