import { availableParallelism, totalmem } from 'node:os';
import { Coordinator, NodeLostError } from '@layerline/coordinator';
import type { RunRecord } from '@layerline/coordinator';
import { NodeAgent } from '@layerline/layer-node';
import type { Programs } from '@layerline/layer-node';
import { stagesOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Capabilities } from '@layerline/protocol';
import { Authority, newSecret } from '@layerline/security';
import { VERSION } from '../version.js';
import type { Training, TrainingListener } from './training.js';

const LOOPBACK = '127.0.0.1';

/** A coordinator for this machine alone. @throws ListenError when the port cannot be had */
export function openCoordinator(port: number, root: string): Promise<Coordinator> {
  const tokens = { node: newSecret(), operator: newSecret(), viewer: newSecret() };
  return Coordinator.listen({
    host: LOOPBACK,
    port,
    authority: new Authority(tokens, [LOOPBACK]),
    version: VERSION,
    root,
  });
}

/**
 * Trains as a pipeline of processes on this machine: a coordinator and a node of its own, which starts the stages.
 * Leaves the coordinator open. @param programs of the node's own
 */
export async function trainAsPipeline(
  record: RunRecord,
  coordinator: Coordinator,
  programs: Programs,
  listener: TrainingListener,
): Promise<Training> {
  const agent = await NodeAgent.join({
    coordinator: `ws://${LOOPBACK}:${coordinator.port}`,
    token: coordinator.options.authority.tokens.node,
    name: 'local',
    version: VERSION,
    capabilities: capabilitiesOf(record.plan, programs),
    programs,
    site: {
      host: LOOPBACK,
      ports: { from: 0, to: 0 },
      coordinator: { origin: `http://${LOOPBACK}:${coordinator.port}` },
    },
  });
  await coordinator.nodes.until(([joined]) => joined, new AbortController().signal);
  const run = coordinator.start(record, listener);
  // No other node will ever come for the run to go on with.
  void agent.left.then((reason) => run.abort(new NodeLostError(agent.options.name, reason)));
  return {
    ended: run.ended.finally(() => agent.leave()),
    stop: () => run.stop(),
    abort: (error) => {
      agent.killAll();
      run.abort(error);
    },
  };
}

/** This machine as the only node, which takes whatever the plan has: it was made here. */
function capabilitiesOf(plan: Plan, programs: Programs): Omit<Capabilities, 'host'> {
  const { dataset } = plan;
  return {
    ports: { from: 0, to: 0 },
    dialsOut: false,
    cores: availableParallelism(),
    memory: totalmem(),
    slots: stagesOf(plan).length,
    engines: [],
    datasets: dataset.name === 'digits' ? [] : [{ ...dataset, trainRows: 0 }],
    programs: [...programs.keys()],
  };
}
