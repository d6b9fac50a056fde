import { feedbackLinksOf, linksOf, stagesOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Frame } from '@layerline/protocol';
import { flow } from '@layerline/stage';
import type { Role, Sink } from '@layerline/stage';
import { Meter } from '@layerline/telemetry';
import { MemoryLink } from './memory-link.js';
import type { MemoryPeers } from './memory-peers.js';

/**
 * The whole pipeline in one process, with no network. Stages work at the same time, as they do in processes of their
 * own: while a layer learns, the next one passes the same rows forward, so that several cores have work. The numbers are
 * the very ones of the pipeline of processes, since the roles are the same and see the same frames.
 * @param roles of the plan's stages, in their order
 * @param peers over which shards of a layer exchange sums
 * @throws the first error of a role, after all have ended
 */
export async function runInMemory(plan: Plan, roles: readonly Role[], peers?: MemoryPeers): Promise<void> {
  const links = [...linksOf(plan), ...feedbackLinksOf(plan)].map(({ from, to }) => ({
    from,
    to,
    link: new MemoryLink(),
  }));
  let failure: Error | undefined;
  const stages = stagesOf(plan).map(async ({ stage }, index) => {
    const inputs = links.filter(({ to }) => to === stage).map(({ link }) => link);
    const outputs = links.filter(({ from }) => from === stage).map(({ link }) => link);
    try {
      await flow(inputs, roles[index] as Role, sinkOf(outputs), new Meter());
      for (const link of outputs) link.end();
    } catch (error) {
      failure ??= error as Error;
      for (const { link } of links) link.fail(failure);
      peers?.fail(failure);
    }
  });
  await Promise.all(stages);
  await Promise.all(roles.map((role) => role.close()));
  if (failure !== undefined) throw failure;
}

/** Gives each consumer the same frame, whose memory is released once all have let it go. */
function sinkOf(links: readonly MemoryLink[]): Sink {
  const [only, ...others] = links;
  if (only === undefined) return undefined;
  if (others.length === 0) return only;
  return {
    send: async (frame) => {
      const shared = sharedBy(frame, links.length);
      await Promise.all(links.map((link) => link.send(shared())));
    },
  };
}

/** Makes the frame for each of several consumers. */
function sharedBy(frame: Frame, consumers: number): () => Frame {
  if (frame.kind === 'barrier' || frame.release === undefined) return () => frame;
  const { release } = frame;
  let holding = consumers;
  return () => {
    let held = true;
    const letGo = (): void => {
      if (held) holding--;
      held = false;
      if (holding === 0) release();
    };
    return { ...frame, release: letGo };
  };
}
