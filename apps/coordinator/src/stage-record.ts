import { stagesOf } from '@layerline/plan';
import type { Plan, StagePlan } from '@layerline/plan';
import type { Assignment, LinkIdentity } from '@layerline/protocol';
import { neighboursOf } from './link-record.js';
import type { LinkRecord } from './link-record.js';
import type { NodeConnection } from './node-connection.js';
import { planOn } from './planner.js';

/** A stage as the coordinator knows it. */
export interface StageRecord extends StagePlan {
  readonly task: string;
  readonly node: NodeConnection;
  pid: number | undefined;
  ready: boolean;
  finished: boolean;
  exited: boolean;
}

/** What all stages of a life are told alike. */
export interface CommonAssignment {
  readonly identity: LinkIdentity;
  readonly plan: Plan;
  /** Where a stage stores its parts, and the ticket that it presents there. */
  readonly store: (stage: string) => Assignment['store'];
  /** The step of the snapshot to go on from, or undefined for the beginning. */
  readonly resume: number | undefined;
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

/** Everything that a stage is told when it starts. */
export function assignmentOf(
  { stage, role, program, node }: StageRecord,
  links: readonly LinkRecord[],
  { identity, plan, store, resume }: CommonAssignment,
): Assignment {
  return {
    ...identity,
    stage,
    role,
    ...(program === undefined ? {} : { program }),
    settings: planOn(node.capabilities, plan),
    ...(resume === undefined ? {} : { resume }),
    ...neighboursOf(stage, links),
    store: store(stage),
  };
}
