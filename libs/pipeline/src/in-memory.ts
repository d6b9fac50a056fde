import type { Frame } from '@layerline/protocol';
import type { Role } from '@layerline/stage';

/**
 * The whole pipeline in one process, with no network: each role takes the frames of the one before. It computes the
 * very numbers of the pipeline of processes, since the roles are the same and see the same frames.
 * @param roles from the head of the pipeline to its end
 */
export async function runInMemory(roles: readonly Role[]): Promise<void> {
  let frames: AsyncIterable<Frame> = nothing();
  for (const role of roles) frames = role.transform(frames);
  const end = frames[Symbol.asyncIterator]();
  try {
    while (!(await end.next()).done);
  } finally {
    await Promise.all(roles.map((role) => role.close()));
  }
}

/** The input of the first stage. */
async function* nothing(): AsyncGenerator<Frame> {}
