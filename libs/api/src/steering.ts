import * as z from 'zod';
import { eventIdText } from './event-id.js';
import { runState } from './status.js';

const count = z.number().int().nonnegative();

/** Actions on a run. */
export const RUN_ACTIONS = ['stop', 'pause', 'resume', 'snapshot', 'evaluate'] as const;
export type RunAction = (typeof RUN_ACTIONS)[number];

/** The longest reason that a stop can have, in characters. */
export const LONGEST_REASON = 300;

/** How an action is to be done. All of it may be left out, and so may the body. */
export const runOrder = z.strictObject({
  /** Of a stop: at once, without a model. */
  now: z.boolean().optional(),
  /** Of a stop: why, for the run's record. */
  reason: z.string().trim().min(1).max(LONGEST_REASON).optional(),
  /** Of resuming a run that has ended: even if a process still seems to be at work on it. */
  takeOver: z.boolean().optional(),
  /** Of resuming a run that has ended: start over if it has lost its snapshots. */
  fromStart: z.boolean().optional(),
  /** Of resuming a run that has ended: even with numerics other than those it began with. */
  allowDifferentNumbers: z.boolean().optional(),
});
export type RunOrder = z.infer<typeof runOrder>;

/** What each action can be told. */
export const ORDER_OF: Readonly<Record<RunAction, readonly (keyof RunOrder)[]>> = {
  stop: ['now', 'reason'],
  pause: [],
  resume: ['takeOver', 'fromStart', 'allowDifferentNumbers'],
  snapshot: [],
  evaluate: [],
};

/** What has come of an action. */
export const acted = z.strictObject({
  /** Id of the run. */
  run: z.string(),
  /**
   * - `asked`: it takes place after the current batch, or, where the run waits or recovers, as soon as frames flow
   * - `already`: it was so before, and nothing is changed
   * - `aborted`: the run ends at once, without a model
   * - `revived`: the run had ended, and is under way again
   */
  outcome: z.enum(['asked', 'already', 'aborted', 'revived']),
  /** In which the run is now. */
  state: runState,
  /** The last event by then: what comes of the action comes after it. */
  event: eventIdText,
  /** How many training batches the run has been seen to have passed. A snapshot that is asked for is of no earlier one. */
  step: count,
  /** Step of the newest whole snapshot; null where there is none. */
  snapshot: count.nullable(),
  /** Folders on the coordinator's machine: of the run, and of its snapshots. */
  folder: z.string(),
  snapshots: z.string(),
});
export type Acted = z.infer<typeof acted>;
