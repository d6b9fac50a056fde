import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CheckpointError, readRunConfig, readRunState, writerOf } from '@layerline/checkpoint';
import { RunBusyError } from '@layerline/coordinator';
import { planSchema, runConfigSchema } from '@layerline/pipeline';
import type { Plan, RunConfig } from '@layerline/pipeline';
import { z } from 'zod';

const runFileSchema = z.object({ layerline: z.string(), config: runConfigSchema, plan: planSchema });

/**
 * Finds a run by its folder or by its id below `root`, and reads how it was set up.
 * @throws CheckpointError when there is no such run
 */
export async function findRun(
  nameOrFolder: string,
  root: string,
): Promise<{ folder: string; config: RunConfig; plan: Plan }> {
  const folder = [nameOrFolder, join(root, nameOrFolder)].find((path) => existsSync(join(path, 'config.json')));
  if (folder === undefined) {
    throw new CheckpointError(
      `There is no run ${nameOrFolder}: neither a run's folder nor an id in ${root}. See: npx layerline runs`,
    );
  }
  const parsed = runFileSchema.safeParse(await readRunConfig(folder));
  if (parsed.success) return { folder, config: parsed.data.config, plan: parsed.data.plan };
  const field = parsed.error.issues[0]?.path.join('.');
  throw new CheckpointError(`${join(folder, 'config.json')} is damaged, or from another version: ${field} is wrong`);
}

/** @throws RunBusyError where a process is at work on the run, CheckpointError where it is completed */
export async function checkResumable(folder: string): Promise<void> {
  const pid = await writerOf(folder);
  if (pid !== undefined) throw new RunBusyError(basename(folder), pid);
  if ((await readRunState(folder)).state === 'completed') {
    throw new CheckpointError(`${folder} is completed: there is nothing to go on with`);
  }
}
