import { join } from 'node:path';
import { CheckpointError, readRunConfig, RUN_FILES } from '@layerline/checkpoint';
import { observeEvery, planSchema, runConfigSchema } from '@layerline/plan';
import type { Plan, RunConfig } from '@layerline/plan';
import * as z from 'zod';

const schema = z.object({
  layerline: z.string(),
  // Versions before there were observations do not say how often: what they leave open is settled as for a new run.
  config: z.preprocess((config) => ({ observeEvery: 'auto', ...(Object(config) as object) }), runConfigSchema),
  plan: z.preprocess((plan) => ({ observeEvery: everyFor(plan), ...(Object(plan) as object) }), planSchema),
});

/** What `config.json` says about a run. */
export interface RunAbout {
  /** Version of the program that made the plan. */
  readonly layerline: string;
  readonly config: RunConfig;
  readonly plan: Plan;
}

/** Reads how a run was set up. @throws CheckpointError if the folder is not a run's, or is from another version */
export async function readRunAbout(folder: string): Promise<RunAbout> {
  const parsed = schema.safeParse(await readRunConfig(folder));
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.');
  throw new CheckpointError(`${join(folder, RUN_FILES.config)} is damaged, or from another version: ${field} is wrong`);
}

/** Of a plan that does not say. */
function everyFor(plan: unknown): number {
  const { batchesPerEpoch } = Object(plan) as Partial<Plan>;
  return typeof batchesPerEpoch === 'number' ? observeEvery('auto', batchesPerEpoch) : 0;
}
