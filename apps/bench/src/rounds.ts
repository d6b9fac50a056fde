import { InterruptedError } from './errors.js';

/** How sides are measured in turns. */
export interface Rounds<Side, Result> {
  readonly repeats: number;
  /** @param repeat counted from 0 */
  readonly run: (side: Side, repeat: number) => Promise<Result>;
  /** Told of a side whose run has failed: it takes no further part. May throw to end everything. */
  readonly failed: (side: Side, error: Error) => void;
}

/**
 * Measures each side once a round, every second round backwards, so that a machine whose speed drifts is no one's
 * advantage. An interruption leaves the whole rounds; where there is none, the sides that had their turn in the first.
 * @returns the results of each side, as many of every one
 * @throws InterruptedError where there are no results yet
 */
export async function measureInTurns<Side, Result>(
  sides: readonly Side[],
  { repeats, run, failed }: Rounds<Side, Result>,
): Promise<Map<Side, Result[]>> {
  const results = new Map(sides.map((side) => [side, [] as Result[]]));
  try {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const side of repeat % 2 === 0 ? sides : [...sides].reverse()) {
        const measured = results.get(side);
        if (measured === undefined) continue;
        try {
          measured.push(await run(side, repeat));
        } catch (error) {
          if (error instanceof InterruptedError) throw error;
          results.delete(side);
          failed(side, error as Error);
        }
      }
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    const rounds = Math.max(1, Math.min(...Array.from(results.values(), ({ length }) => length)));
    const measured = Array.from(results).filter(([, { length }]) => length >= rounds);
    if (measured.length === 0) throw error;
    return new Map(measured.map(([side, all]) => [side, all.slice(0, rounds)]));
  }
  return results;
}
