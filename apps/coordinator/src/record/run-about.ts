import { join } from 'node:path';
import { CheckpointError, readRunConfig, RUN_FILES } from '@layerline/checkpoint';
import { planSchema, runConfigSchema } from '@layerline/plan';
import type { Plan, RunConfig } from '@layerline/plan';
import * as z from 'zod';
import { upgradeConfig, upgradePlan } from './older-versions.js';

const schema = z.object({
  layerline: z.string(),
  config: z.preprocess(upgradeConfig, runConfigSchema),
  plan: z.preprocess(upgradePlan, planSchema),
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
