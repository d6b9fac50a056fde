import { feedbackLinksOf, layerName, linksOf, machineOf, peerLinksOf, spread, stagesOf, workOf } from '@layerline/plan';
import type { LinkPlan, Plan, StagePlan } from '@layerline/plan';
import { dataOn } from './planner.js';
import type { NodeConnection } from './node-connection.js';

/** What placement needs to know of a node. */
export type Candidate = Pick<NodeConnection, 'name' | 'capabilities' | 'reserved' | 'isOpen'>;

/** A node for each stage, or a sentence saying what is missing. */
export type Placement<Node extends Candidate> =
  { readonly nodes: ReadonlyMap<string, Node> } | { readonly missing: string };

/**
 * Chooses a node for each stage: first for the stages placed by hand, then for nodes' own programs, which not every node
 * has, then for the rest, the most expensive first. Each goes to the node that would be least loaded with it, given its
 * cores and the speed of its engine (longest processing time first; Graham 1969).
 * @param byHand names of nodes by stage, or by layer for all of its shards
 * @param stay names of nodes by stage that keep a stage where they can, so that nothing has to be sent
 */
export function place<Node extends Candidate>(
  plan: Plan,
  nodes: readonly Node[],
  byHand: Readonly<Record<string, string>> = {},
  stay: ReadonlyMap<string, string> = new Map(),
): Placement<Node> {
  const stages = stagesOf(plan).map((stage) => ({
    ...stage,
    work: workOf(plan, stage),
    wanted: wantedOf(stage, byHand),
  }));
  const choosy = ({ stage, wanted, program }: (typeof stages)[number]): number => {
    if (wanted !== undefined) return 3;
    if (program !== undefined) return 2;
    return stay.has(stage) ? 1 : 0;
  };
  const machines = nodes.flatMap((node) => {
    const { name, capabilities, reserved, isOpen } = node;
    const machine = machineOf(name, capabilities, capabilities.slots - reserved, plan.engine.backend);
    return isOpen ? [{ ...machine, node }] : [];
  });
  const found = spread(
    [...stages].sort((a, b) => choosy(b) - choosy(a) || b.work - a.work),
    machines.sort((a, b) => a.name.localeCompare(b.name)),
    (stage, { node }) => suits(plan, stage, node, stage.wanted),
    ({ stage }, { name }) => stay.get(stage) === name,
  );
  if ('unplaced' in found) return { missing: explain(plan, found.unplaced, found.unplaced.wanted) };
  const chosen = new Map(Array.from(found.nodes, ([{ stage }, { node }]) => [stage, node]));
  const unreachable = [...linksOf(plan), ...feedbackLinksOf(plan), ...peerLinksOf(plan)].find(({ from, to }) =>
    bothDialOut(chosen.get(from), chosen.get(to)),
  );
  return unreachable === undefined ? { nodes: chosen } : { missing: cannotLink(unreachable) };
}

function suits(
  plan: Plan,
  { stage, program }: StagePlan,
  { name, capabilities }: Candidate,
  wanted: string | undefined,
): boolean {
  if (wanted !== undefined && wanted !== name) return false;
  if (program !== undefined && !capabilities.programs.includes(program)) return false;
  if (stage !== 'feeder' || 'seed' in plan.dataset) return true;
  return dataOn(capabilities, plan) !== undefined;
}

/** The node that a stage is placed on by hand: that of its own name or, of a shard, that of its layer's. */
function wantedOf({ stage, layer }: StagePlan, byHand: Readonly<Record<string, string>>): string | undefined {
  return byHand[stage] ?? (layer === undefined ? undefined : byHand[layerName(layer)]);
}

/** Two nodes that can only dial out cannot link, unless they are the same node. */
function bothDialOut(a: Candidate | undefined, b: Candidate | undefined): boolean {
  return a !== b && a?.capabilities.dialsOut === true && b?.capabilities.dialsOut === true;
}

function explain(plan: Plan, { stage, program }: StagePlan, wanted: string | undefined): string {
  const data = stage === 'feeder' && !('seed' in plan.dataset) ? ` that has ${plan.dataset.name}` : '';
  const offering = program === undefined ? '' : ` that offers the program ${program}`;
  if (wanted !== undefined) {
    return `${stage} is placed on ${wanted}, which has not joined or is not a node${data}${offering} with a free slot`;
  }
  return `there is no node${data}${offering} with a free slot for ${stage}`;
}

function cannotLink({ from, to }: LinkPlan): string {
  return `${from} and ${to} would be on two nodes that can only dial out: place one of them elsewhere`;
}
