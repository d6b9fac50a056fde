import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { runForJson } from '../child.js';
import { onOneCore } from '../machine.js';
import type { Recipe } from '../work.js';

/** A layer's shape. */
export interface LayerShape {
  readonly inputs: number;
  /** Inputs that a label is laid over: not 0 for a first layer, which multiplies an image once for both of its rows. */
  readonly overlay: number;
  readonly units: number;
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
  /** Of one frame each, in milliseconds. */
  forward: milliseconds,
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
