import type { Contestant, Measurement, Variant } from './contestants/contestant.js';
import { describeVariant } from './contestants/contestant.js';
import { ratio, spread } from './statistics.js';
import type { Spread } from './statistics.js';
import type { Work } from './work.js';

/** What one side did, over all repeats. */
export interface Entry {
  readonly name: string;
  /** How it ran, in words. */
  readonly variant: string;
  /** Of one run: fewer than the work's where the side is too slow for all of them. */
  readonly images: number;
  /** By repeat. */
  readonly imagesPerSecond: readonly number[];
  readonly testError: number | undefined;
  readonly versions: Readonly<Record<string, string>>;
}

/** A side that took no part, and why. */
export interface Absence {
  readonly name: string;
  readonly reason: string;
}

export interface Comparison {
  readonly work: Work;
  readonly entries: readonly Entry[];
  readonly absent: readonly Absence[];
}

export interface ComparisonOptions {
  readonly repeats: number;
  /** Images of the short try that picks a side's variant. */
  readonly trialImages: number;
  /** How long a run may take: a slower side gets fewer images. */
  readonly secondsPerRun: number;
  readonly say: (line: string) => void;
}

/** A side that is ready to be measured. */
interface Runner {
  readonly contestant: Contestant;
  readonly variant: Variant;
  readonly work: Work;
  readonly runs: Measurement[];
}

/**
 * Lets contestants do the same work, each in the variant that a short try finds the fastest. Their runs are interleaved,
 * every second round backwards, so that a machine whose speed drifts is no one's advantage. Who fails is left out.
 */
export async function compare(
  contestants: readonly Contestant[],
  work: Work,
  options: ComparisonOptions,
): Promise<Comparison> {
  const absent: Absence[] = [];
  let runners: Runner[] = [];
  for (const contestant of contestants) {
    try {
      runners.push(await prepare(contestant, work, options));
    } catch (error) {
      absent.push({ name: contestant.name, reason: (error as Error).message });
    }
  }
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const runner of repeat % 2 === 0 ? [...runners] : [...runners].reverse()) {
      const { contestant, variant } = runner;
      try {
        const measurement = await contestant.run(runner.work, variant, repeat === 0);
        runner.runs.push(measurement);
        options.say(`${contestant.name} (${describeVariant(variant)}): ${rate(measurement)}`);
      } catch (error) {
        runners = runners.filter((other) => other !== runner);
        absent.push({ name: contestant.name, reason: (error as Error).message });
      }
    }
  }
  return { work, entries: runners.map(toEntry), absent };
}

/** `a` over `b`, repeat by repeat: how many times as many images a second. */
export function speedRatio(a: Entry, b: Entry): Spread {
  return ratio(a.imagesPerSecond, b.imagesPerSecond);
}

export function entrySpread({ imagesPerSecond }: Entry): Spread {
  return spread(imagesPerSecond);
}

/** Picks the fastest variant, and how many images it can do in the time. @throws ProgramError where no variant works */
async function prepare(contestant: Contestant, work: Work, options: ComparisonOptions): Promise<Runner> {
  const [first, ...others] = contestant.variants as [Variant, ...Variant[]];
  if (!contestant.divisible) return { contestant, variant: first, work, runs: [] };
  const trial = { ...work, images: Math.min(work.images, options.trialImages) };
  let best: { variant: Variant; rate: number } | undefined;
  let problem: unknown;
  for (const variant of [first, ...others]) {
    try {
      const measurement = await contestant.run(trial, variant, false);
      options.say(`try ${contestant.name} (${describeVariant(variant)}): ${rate(measurement)}`);
      if (best === undefined || measurement.imagesPerSecond > best.rate) {
        best = { variant, rate: measurement.imagesPerSecond };
      }
    } catch (error) {
      problem = error;
    }
  }
  if (best === undefined) throw problem;
  const affordable = Math.floor((best.rate * options.secondsPerRun) / work.batch) * work.batch;
  const images = Math.min(work.images, Math.max(trial.images, affordable));
  return { contestant, variant: best.variant, work: { ...work, images }, runs: [] };
}

function toEntry({ contestant, variant, runs }: Runner): Entry {
  const [first] = runs as [Measurement, ...Measurement[]];
  return {
    name: contestant.name,
    variant: describeVariant(variant),
    images: first.images,
    imagesPerSecond: runs.map(({ imagesPerSecond }) => imagesPerSecond),
    testError: first.testError,
    versions: first.versions,
  };
}

function rate({ imagesPerSecond, images }: Measurement): string {
  return `${Math.round(imagesPerSecond)} images/s over ${images}`;
}
