import * as z from 'zod';
import type { Work } from '../work.js';

/** A way in which a contestant can do its work. */
export interface Variant {
  /** `auto` where the program decides by itself. */
  readonly threads: number | 'auto';
  /** How it computes, where there are several ways; for people. */
  readonly kind?: string;
}

/** One side of a comparison. */
export interface Contestant {
  readonly name: string;
  /** Each is tried shortly, and the fastest is measured. */
  readonly variants: readonly Variant[];
  /** Whether it can stop after any number of images, and not only after whole epochs. */
  readonly divisible: boolean;
  /**
   * Trains once.
   * @param evaluate also find the test error, after the clock has stopped
   * @throws ProgramError @throws InterruptedError
   */
  run(work: Work, variant: Variant, evaluate: boolean): Promise<Measurement>;
}

/** A contestant that can be watched while it learns. */
export interface Learner extends Contestant {
  /**
   * Trains once, and evaluates after every epoch with the clock stopped.
   * @param seed decides weights, order and negatives; what it stands for differs from side to side
   * @throws ProgramError @throws InterruptedError
   */
  learn(work: Work, variant: Variant, seed: number): Promise<Learning>;
}

/** What a program says of its training. The times leave out start-up, compiling, warm-up and evaluation. */
export const measurementSchema = z.object({
  images: z.number().positive(),
  seconds: z.number().positive(),
  imagesPerSecond: z.number().positive(),
  /** Compiling and the first steps. */
  warmUpSeconds: z.number().optional(),
  testError: z.number().optional(),
  versions: z.record(z.string(), z.string()),
});
export type Measurement = z.infer<typeof measurementSchema>;

/** The test error after an epoch, and the seconds of training until then. */
const evaluationSchema = z.object({
  /** Counted from 1. */
  epoch: z.number().int().positive(),
  seconds: z.number().positive(),
  /** 0 … 1 */
  testError: z.number(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

/** How a training went. */
export const learningSchema = z.object({
  /** In the order of epochs. */
  evaluations: z.array(evaluationSchema).min(1),
  versions: z.record(z.string(), z.string()),
});
export type Learning = z.infer<typeof learningSchema>;

/** `2 threads, scan`, or `auto threads` */
export function describeVariant({ threads, kind }: Variant): string {
  const count = `${threads} thread${threads === 1 ? '' : 's'}`;
  return kind === undefined ? count : `${count}, ${kind}`;
}
