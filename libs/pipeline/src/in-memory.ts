import { flow } from '@layerline/stage';
import type { Role } from '@layerline/stage';
import { Meter } from '@layerline/telemetry';
import { MemoryLink } from './memory-link.js';

/**
 * The whole pipeline in one process, with no network. Stages work at the same time, as they do in processes of their
 * own: while a layer learns, the next one passes the same rows forward, so that several cores have work. The numbers are
 * the very ones of the pipeline of processes, since the roles are the same and see the same frames.
 * @param roles from the head of the pipeline to its end
 * @throws the first error of a role, after all have ended
 */
export async function runInMemory(roles: readonly Role[]): Promise<void> {
  const links = roles.slice(1).map(() => new MemoryLink());
  let failure: Error | undefined;
  const stages = roles.map(async (role, index) => {
    try {
      await flow(links[index - 1], role, links[index], new Meter());
      links[index]?.end();
    } catch (error) {
      failure ??= error as Error;
      for (const link of links) link.fail(failure);
    }
  });
  await Promise.all(stages);
  await Promise.all(roles.map((role) => role.close()));
  if (failure !== undefined) throw failure;
}
