import { moduleOf, namesOf } from '../module.js';
import { allButFirst } from './all-but-first.js';
import { all } from './all.js';
import type { Readout } from './readout.js';

/** Every readout. */
export const READOUTS = [all, allButFirst] as const;

export type ReadoutName = (typeof READOUTS)[number]['name'];
export const READOUT_NAMES = namesOf(READOUTS);

/** A readout by its name. */
export function readoutOf(name: ReadoutName): Readout {
  return moduleOf<Readout>(READOUTS, name);
}
