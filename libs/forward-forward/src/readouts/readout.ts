import type { Module } from '../module.js';

/** Which layers' goodness is added up to classify a row: its class is the label under which the sum is highest. */
export interface Readout<Name extends string = string> extends Module<Name, never> {
  /** @param learners how many layers learn @returns the places among them, from 0, of those that count */
  layers(learners: number): number[];
}

/** A readout, with its name. */
export function readout<const Name extends string>(definition: Readout<Name>): Readout<Name> {
  return definition;
}
