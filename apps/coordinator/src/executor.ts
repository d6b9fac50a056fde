import type { RunEventBody } from '@layerline/api';
import type { Plan, RunConfig } from '@layerline/plan';
import type { Capabilities, LinkIdentity, StreamOrder } from '@layerline/protocol';
import type { RunRecord } from './record/run-record.js';

/** A life of a run, to be carried out. */
export interface Life {
  readonly record: RunRecord;
  readonly identity: LinkIdentity;
  /** The step of the snapshot to go on from, or undefined for the beginning. */
  readonly resume: number | undefined;
  /** Nodes that keep a stage where they can, by stage: set where a life goes on from the one before with other stages. */
  readonly stay?: ReadonlyMap<string, string> | undefined;
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

/** A run by a plan that it could have. */
export interface Prospective {
  readonly record: RunRecord;
  readonly plan: Plan;
  /** Names of nodes by stage, for stages placed by hand. */
  readonly byHand: Readonly<Record<string, string>>;
  /** The name of each stage's node now. */
  readonly held: ReadonlyMap<string, string>;
}

export type Room = { readonly nodes: ReadonlyMap<string, string> } | { readonly missing: string };

/** A life under way. */
export interface Execution {
  /** Settles when nothing of it is left: rejects with what went wrong, if anything did. */
  readonly ended: Promise<void>;
  /** Whether frames flow. */
  readonly isRunning: boolean;
  /** The name of each stage's node. */
  readonly placement: ReadonlyMap<string, string>;
  /** What its stages have been sent of their state, in bytes. */
  readonly bytesGiven: number;
  /** Passes an order about the stream on to its head; does nothing unless frames flow. */
  order(order: StreamOrder): void;
  /** Ends it as soon as possible. @param error why @param isLast whether no other life is to follow */
  end(error: Error, isLast: boolean): void;
}

/**
 * What carries out the lives of a coordinator's runs: the nodes that have joined it, or its own process. Either way, runs
 * are begun, followed, recorded and recovered alike.
 */
export interface Executor {
  /** What a plan can count on now, with the slots that are free. */
  capabilities(): readonly Capabilities[];
  /** Refuses a run that cannot be carried out here. @throws ConfigError, PlacementError */
  check(config: RunConfig): void;
  /**
   * Looks for nodes that could carry a run by another plan, if it gave up the slots that it has now; waits until they have
   * worked out their numerics for it. Undefined where a run's stages cannot be changed.
   * @returns the node of each stage, or a sentence saying what is missing @throws the signal's reason
   */
  readonly room?: (run: Prospective, signal: AbortSignal) => Promise<Room>;
  /** Begins a life, after waiting as long as it takes for what it needs. @throws the signal's reason */
  execute(life: Life): Promise<Execution>;
  /** The run is over: closes whatever was kept open for it. */
  release(run: string): void;
}
