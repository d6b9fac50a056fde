import { describeVariant } from './contestants/contestant.js';
import type { Contestant, Measurement, Variant } from './contestants/contestant.js';
import { passInterruption } from './errors.js';
import type { Work } from './work.js';

/** The variant that a contestant is measured in. */
export interface Choice {
  readonly variant: Variant;
  /** As the try has measured it; undefined where the contestant trains whole epochs alone, and was not tried. */
  readonly imagesPerSecond: number | undefined;
}

/**
 * Tries each variant of a contestant.
 * @param trial work that is short
 * @throws ProgramError where no variant works @throws InterruptedError
 */
export async function fastestVariant(
  contestant: Contestant,
  trial: Work,
  say: (line: string) => void,
): Promise<Choice> {
  const [first] = contestant.variants as [Variant, ...Variant[]];
  if (!contestant.divisible) return { variant: first, imagesPerSecond: undefined };
  let best: { readonly variant: Variant; readonly imagesPerSecond: number } | undefined;
  let problem: unknown;
  for (const variant of contestant.variants) {
    try {
      const measurement = await contestant.run(trial, variant, false);
      say(`try ${contestant.name} (${describeVariant(variant)}): ${describeRate(measurement)}`);
      const { imagesPerSecond } = measurement;
      if (best === undefined || imagesPerSecond > best.imagesPerSecond) best = { variant, imagesPerSecond };
    } catch (error) {
      passInterruption(error);
      problem = error;
    }
  }
  if (best === undefined) throw problem;
  return best;
}

/** `5,000 images/s over 60,000`, for who watches. */
export function describeRate({ imagesPerSecond, images }: Measurement): string {
  return `${Math.round(imagesPerSecond)} images/s over ${images}`;
}
