import type { Contestant, Measurement, Variant } from './contestants/contestant.js';
import { describeVariant } from './contestants/contestant.js';
import { passInterruption, ProgramError } from './errors.js';
import { measureInTurns } from './rounds.js';
import { ratio, spread } from './statistics.js';
import type { Spread } from './statistics.js';
import { describeRate, fastestVariant } from './variants.js';
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

/** A side that is left out for what went wrong. */
export function absence(name: string, error: unknown): Absence {
  // Its message begins with the name of the program, which is that of the side.
  return { name, reason: error instanceof ProgramError ? error.reason : (error as Error).message };
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
}

/**
 * Lets contestants do the same work in turns, each in the variant that a short try finds the fastest. Who fails is left
 * out. An interruption leaves what was measured until then.
 * @throws InterruptedError where nothing was
 */
export async function compare(
  contestants: readonly Contestant[],
  work: Work,
  options: ComparisonOptions,
): Promise<Comparison> {
  const absent: Absence[] = [];
  const leaveOut = ({ name }: Contestant, error: unknown): void => void absent.push(absence(name, error));
  const runners: Runner[] = [];
  for (const contestant of contestants) {
    try {
      runners.push(await prepare(contestant, work, options));
    } catch (error) {
      passInterruption(error);
      leaveOut(contestant, error);
    }
  }
  const runs = await measureInTurns(runners, {
    repeats: options.repeats,
    run: async ({ contestant, variant, work }, repeat) => {
      const measurement = await contestant.run(work, variant, repeat === 0);
      options.say(`${contestant.name} (${describeVariant(variant)}): ${describeRate(measurement)}`);
      return measurement;
    },
    failed: ({ contestant }, error) => leaveOut(contestant, error),
  });
  return { work, entries: Array.from(runs, ([runner, measurements]) => toEntry(runner, measurements)), absent };
}

/** `a` over `b`, repeat by repeat: how many times as many images a second. */
export function speedRatio(a: Entry, b: Entry): Spread {
  return ratio(a.imagesPerSecond, b.imagesPerSecond);
}

export function entrySpread({ imagesPerSecond }: Entry): Spread {
  return spread(imagesPerSecond);
}

/** The fastest of the entries of Python programs. */
export function bestPythonPeer(entries: readonly Entry[]): Entry | undefined {
  const peers = entries.filter(({ versions }) => 'python' in versions);
  return peers.sort((a, b) => entrySpread(b).median - entrySpread(a).median)[0];
}

/** Picks the fastest variant, and how many images it can do in the time. @throws ProgramError where no variant works */
async function prepare(contestant: Contestant, work: Work, options: ComparisonOptions): Promise<Runner> {
  const trialImages = Math.min(work.images, options.trialImages);
  const { variant, imagesPerSecond } = await fastestVariant(contestant, { ...work, images: trialImages }, options.say);
  if (imagesPerSecond === undefined) return { contestant, variant, work };
  const affordable = Math.floor((imagesPerSecond * options.secondsPerRun) / work.batch) * work.batch;
  const images = Math.min(work.images, Math.max(trialImages, affordable));
  return { contestant, variant, work: { ...work, images } };
}

function toEntry({ contestant, variant }: Runner, runs: readonly Measurement[]): Entry {
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
