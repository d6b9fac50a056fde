import { stagesOf } from '@layerline/plan';
import type { Plan, StagePlan } from '@layerline/plan';
import type { LinkIdentity } from '@layerline/protocol';
import type { NodeConnection } from './node-connection.js';

/** A stage as the coordinator knows it. */
export interface StageRecord extends StagePlan {
  readonly task: string;
  readonly node: NodeConnection;
  pid: number | undefined;
  ready: boolean;
  finished: boolean;
  exited: boolean;
}

/** The stages of a life before any of them has started. @param placement the node of each stage */
export function stageRecords(
  { run, incarnation, generation }: LinkIdentity,
  plan: Plan,
  placement: ReadonlyMap<string, NodeConnection>,
): StageRecord[] {
  return stagesOf(plan).map((stage) => ({
    ...stage,
    task: `${run}/${incarnation}.${generation}/${stage.stage}`,
    node: placement.get(stage.stage) as NodeConnection,
    pid: undefined,
    ready: false,
    finished: false,
    exited: false,
  }));
}
