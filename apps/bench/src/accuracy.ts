import { absence } from './comparison.js';
import type { Absence } from './comparison.js';
import { describeVariant } from './contestants/contestant.js';
import type { Evaluation, Learner, Learning, Variant } from './contestants/contestant.js';
import { passInterruption } from './errors.js';
import { measureInTurns } from './rounds.js';
import { fastestVariant } from './variants.js';
import type { Work } from './work.js';

/** The test errors that the time is taken to. 1.5 % is about where these recipes end without more data. */
export const TARGET_ERRORS = [0.03, 0.02, 0.015] as const;

/** The recipes that sides are compared with, in words. */
export const ACCURACY_RECIPES = { own: 'Layerline’s recipe', published: 'The published recipe' } as const;
export type AccuracyRecipe = keyof typeof ACCURACY_RECIPES;

/** What every side has to learn, and how. */
export interface AccuracyWork {
  readonly recipe: AccuracyRecipe;
  readonly work: Work;
}

/** How one side learned with one recipe, over all repeats. */
export interface AccuracyEntry {
  readonly name: string;
  /** How it ran, in words. */
  readonly variant: string;
  /** By repeat, each with a seed of its own: the evaluations after each epoch. */
  readonly runs: readonly (readonly Evaluation[])[];
  readonly versions: Readonly<Record<string, string>>;
}

/** How fast sides learn, with one recipe. */
export interface AccuracyComparison extends AccuracyWork {
  readonly epochs: number;
  readonly entries: readonly AccuracyEntry[];
  readonly absent: readonly Absence[];
}

export interface AccuracyOptions {
  readonly epochs: number;
  readonly repeats: number;
  /** Images of the short try that picks a side's variant. */
  readonly trialImages: number;
  readonly say: (line: string) => void;
}

/** A side with a recipe. */
interface Runner {
  readonly learner: Learner;
  readonly variant: Variant;
}

/**
 * Lets learners train for a fixed number of epochs, with a learning rate that falls to 0 at their end, and evaluates after
 * every epoch. So the time to an error depends on the planned epochs: fewer of them reach a modest error sooner, and a low
 * one not at all. Repeats differ in their seed, which moves the epoch at which an error is reached. Who fails is left out.
 * @throws InterruptedError where nothing was measured before
 */
export async function compareAccuracy(
  learners: readonly Learner[],
  { recipe, work }: AccuracyWork,
  { epochs, repeats, trialImages, say }: AccuracyOptions,
): Promise<AccuracyComparison> {
  const absent: Absence[] = [];
  const leaveOut = ({ name }: Learner, error: unknown): void => void absent.push(absence(name, error));
  const trial = { ...work, images: Math.min(work.images, trialImages) };
  const runners: Runner[] = [];
  for (const learner of learners) {
    try {
      const { variant } = await fastestVariant(learner, trial, say);
      runners.push({ learner, variant });
    } catch (error) {
      passInterruption(error);
      leaveOut(learner, error);
    }
  }
  const runs = await measureInTurns(runners, {
    repeats,
    run: async ({ learner, variant }, repeat) => {
      const learning = await learner.learn(work, variant, repeat + 1);
      say(`${learner.name} (${describeVariant(variant)}): ${describeLearning(learning)}`);
      return learning;
    },
    failed: ({ learner }, error) => leaveOut(learner, error),
  });
  const entries = Array.from(runs, ([{ learner, variant }, learnings]) => ({
    name: learner.name,
    variant: describeVariant(variant),
    runs: learnings.map(({ evaluations }) => evaluations),
    versions: learnings[0]?.versions ?? {},
  }));
  return { recipe, work, epochs, entries, absent };
}

/** Seconds of training until the first evaluation with such a test error or a lower one; Infinity where none was. */
export function secondsTo(testError: number, evaluations: readonly Evaluation[]): number {
  return evaluations.find((evaluation) => evaluation.testError <= testError)?.seconds ?? Infinity;
}

function describeLearning({ evaluations }: Learning): string {
  const { seconds, testError } = evaluations.at(-1) as Evaluation;
  return `${(100 * testError).toFixed(2)} % after ${seconds.toFixed(1)} s of training`;
}
