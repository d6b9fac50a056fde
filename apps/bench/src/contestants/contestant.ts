import { z } from 'zod';
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
   * @throws ProgramError
   */
  run(work: Work, variant: Variant, evaluate: boolean): Promise<Measurement>;
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

/** `2 threads, scan`, or `auto threads` */
export function describeVariant({ threads, kind }: Variant): string {
  const count = `${threads} thread${threads === 1 ? '' : 's'}`;
  return kind === undefined ? count : `${count}, ${kind}`;
}
