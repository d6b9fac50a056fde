import { stagesOf } from '@layerline/plan';
import type { Plan, StagePlan } from '@layerline/plan';
import type { LinkIdentity } from '@layerline/protocol';
import { newSecret } from '@layerline/security';
import type { NodeConnection } from './node-connection.js';

/** A stage as the coordinator knows it. */
export interface StageRecord extends StagePlan {
  readonly task: string;
  readonly node: NodeConnection;
  readonly ticket: string;
  /** Names of the stages that frames come from, and go to. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  pid: number | undefined;
  ready: boolean;
  /** Inputs that it has no link with yet. */
  readonly unlinked: Set<string>;
  finished: boolean;
  exited: boolean;
}

/** The stages of a life before any of them has started. @param placement the node of each stage */
export function stageRecords(
  { run, incarnation, generation }: LinkIdentity,
  plan: Plan,
  placement: ReadonlyMap<string, NodeConnection>,
): StageRecord[] {
  const names = stagesOf(plan).map(({ stage }) => stage);
  return stagesOf(plan).map((stage, index) => ({
    ...stage,
    task: `${run}/${incarnation}.${generation}/${stage.stage}`,
    node: placement.get(stage.stage) as NodeConnection,
    ticket: newSecret(),
    pid: undefined,
    ready: false,
    inputs: names.slice(Math.max(0, index - 1), index),
    outputs: names.slice(index + 1, index + 2),
    unlinked: new Set(names.slice(Math.max(0, index - 1), index)),
    finished: false,
    exited: false,
  }));
}
