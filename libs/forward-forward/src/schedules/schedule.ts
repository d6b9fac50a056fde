import type { Module, Numbers } from '../module.js';

/** How far a training has come. */
export interface Progress {
  /** Learning steps before this one, of {@link total}. */
  readonly step: number;
  /** Of the whole training. */
  readonly total: number;
  readonly stepsPerEpoch: number;
}

/** How the learning rate changes in the course of a training. */
export interface Schedule<Name extends string = string, Key extends string = string> extends Module<Name, Key> {
  /** What the initial rate is multiplied by, from 0 to 1. */
  factor(progress: Progress, numbers: Numbers<Key>): number;
}

/** A schedule, with the names of its parameters taken from what it says of them. */
export function schedule<const Name extends string, Key extends string>(
  definition: Schedule<Name, Key>,
): Schedule<Name, Key> {
  return definition;
}
