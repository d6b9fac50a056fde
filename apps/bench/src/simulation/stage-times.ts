import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { runForJson } from '../child.js';
import { onOneCore } from '../machine.js';
import type { Recipe } from '../work.js';

/** The shape of a layer, or of a shard of one. */
export interface LayerShape {
  readonly inputs: number;
  /** Inputs that a label is laid over: not 0 for a first layer, which multiplies an image once for both of its rows. */
  readonly overlay: number;
  /** Its own units. */
  readonly units: number;
  /** Units of the layer that it is a shard of; left out for a whole layer. */
  readonly of?: number | undefined;
}

/** What is asked of the program that times stages. */
export interface StageTimesOptions {
  readonly recipe: Recipe;
  /** Pairs of rows in a frame. */
  readonly pairs: number;
  readonly shapes: readonly LayerShape[];
  /** Threads that a layer computes with. */
  readonly threads: number;
  /** Layers of the same shape that are kept busy meanwhile, each on an engine of its own. */
  readonly beside: number;
  /** Frames that are timed for each shape. */
  readonly repeats: number;
}

const milliseconds = z.array(z.number().nonnegative()).min(1);

const layerTimesSchema = z.object({
  inputs: z.number().int().positive(),
  overlay: z.number().int().nonnegative(),
  units: z.number().int().positive(),
  of: z.number().int().positive().optional(),
  /** Of one frame each, in milliseconds; of a shard, until its sums are there. */
  forward: milliseconds,
  /** Of a shard: what is left to do once it has the sums of the others. */
  finish: milliseconds.optional(),
  learn: milliseconds,
});
export type LayerTimes = z.infer<typeof layerTimesSchema>;

/** What the program says. Milliseconds a frame, without links. */
export const stageTimesSchema = z.object({
  layers: z.array(layerTimesSchema),
  /** To make a frame. */
  feeder: milliseconds,
  /** To take one in. */
  evaluator: milliseconds,
  /** To put one of so many bytes together from those of two shards. */
  assembling: z.object({ bytes: z.number().positive(), milliseconds }),
});
export type StageTimes = z.infer<typeof stageTimesSchema>;

const PROGRAM = fileURLToPath(new URL('../programs/stage-times.js', import.meta.url));

/**
 * Times what stages do with a frame, through the product's own roles and layers: on one core where one thread computes
 * alone, else on all.
 * @throws ProgramError
 */
export function measureStageTimes(options: StageTimesOptions): Promise<StageTimes> {
  const args = [PROGRAM, JSON.stringify(options)];
  const alone = options.threads === 1 && options.beside === 0;
  const command = alone ? onOneCore(process.execPath, args) : { program: process.execPath, args };
  return runForJson({ name: 'times of stages', ...command }, stageTimesSchema);
}
