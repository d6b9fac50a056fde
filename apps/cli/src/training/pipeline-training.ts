import { Coordinator } from '@layerline/coordinator';
import type { ModelWriter } from '@layerline/checkpoint';
import { NodeAgent } from '@layerline/layer-node';
import { newSecret } from '@layerline/protocol';
import { stagesOf } from '@layerline/pipeline';
import type { Plan } from '@layerline/pipeline';
import { VERSION } from '../version.js';
import type { Training, TrainingListener } from './training.js';

const LOOPBACK = '127.0.0.1';

/** A coordinator for this machine alone. @throws ListenError when the port cannot be had */
export function openCoordinator(port: number): Promise<Coordinator> {
  return Coordinator.listen({ host: LOOPBACK, port, token: newSecret(), version: VERSION });
}

/**
 * Trains as a pipeline of processes on this machine: a coordinator and a node of its own, which starts the stages.
 * Leaves the coordinator open.
 */
export async function trainAsPipeline(
  run: string,
  plan: Plan,
  coordinator: Coordinator,
  model: ModelWriter,
  listener: TrainingListener,
): Promise<Training> {
  const agent = await NodeAgent.join({
    coordinator: `ws://${coordinator.address}`,
    token: coordinator.options.token,
    name: 'local',
    version: VERSION,
    line: (stage, line) => listener.line(stage, line),
  });
  const roles = new Map(stagesOf(plan).map(({ stage, role }) => [stage, role]));
  const started = coordinator.start(run, plan, await coordinator.node(), model, {
    started: (stage, pid) => listener.started({ stage, role: roles.get(stage) ?? stage, pid }),
    began: () => listener.began(),
    report: (report) => listener.report(report),
    telemetry: (stage, telemetry) => listener.telemetry(stage, telemetry),
  });
  return {
    ended: started.ended.finally(() => agent.leave()),
    stop: () => started.stop(),
    abort: () => agent.killAll(),
  };
}
