import type { RunJournal } from '@layerline/checkpoint';
import { NumericsError } from '../errors.js';

/**
 * Holds a run to the numerics that it began with.
 * @param allowDifferent go on with others, and mark the run as inexact
 * @throws NumericsError
 */
export async function settleNumerics(
  run: string,
  journal: RunJournal,
  found: string,
  allowDifferent: boolean,
): Promise<void> {
  const { numerics } = journal;
  if (numerics === found) return;
  if (numerics !== undefined && !allowDifferent) throw new NumericsError(run, numerics, found);
  await journal.setNumerics(found, numerics === undefined);
}
