import { setTimeout as sleep } from 'node:timers/promises';
import type { RunStanding } from './cluster.js';
import type { Inject, Scene } from './scene.js';

/** Layers that are wide enough to be cut, and into how many shards: of the network that chaos trains. */
const COUNTS = { 'layer-1': [1, 2], 'layer-2': [1, 2] } as const;
/** How long after the request a stage is killed, at most: about as long as the change takes. */
const LONGEST_WAIT_MS = 2_000;
const OUTCOMES = ['applied', 'rolled-back', 'refused', 'cancelled'];

/** Changes of the stages themselves, which must leave the run with the same weights as any fault. */
export const RESHAPE = {
  'scale a layer': async (scene) => {
    const { what } = await scale(scene);
    return `${what}: ${await outcome(scene)}`;
  },
  'kill a stage while a layer is scaled': async (scene) => {
    const { what } = await scale(scene);
    await sleep(scene.pick([0, 0.25, 0.5, 1]) * LONGEST_WAIT_MS);
    const now = await scene.cluster.standing(scene.run);
    const { stage, pid } = scene.pick(
      (now?.processes.length ?? 0) > 0 ? (now as RunStanding).processes : scene.standing.processes,
    );
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    return `${what}, and ${stage}: ${await outcome(scene)}`;
  },
} as const satisfies Record<string, Inject>;

async function scale({ cluster, run, pick }: Scene): Promise<{ readonly what: string }> {
  const layer = pick(Object.keys(COUNTS) as (keyof typeof COUNTS)[]);
  const shards = pick(COUNTS[layer]);
  const body = new TextEncoder().encode(JSON.stringify({ shards }));
  const answer = await cluster.request('PUT', `/api/runs/${run}/layers/${layer}`, 'operator', body);
  // It may have so many already, or have ended.
  if (![202, 409].includes(answer.status)) throw new Error(`${answer.status}: ${answer.text}`);
  return { what: `${layer} to ${shards} shards, ${answer.status}` };
}

/** What has become of the change, once something has. */
async function outcome({ cluster, run }: Scene): Promise<string> {
  const { end, operation } = await cluster.until(run, (now) => {
    return now.end !== null || now.operation === null || OUTCOMES.includes(now.operation.state);
  });
  return end === null ? (operation?.state ?? 'nothing') : 'as the run ended';
}
