import { layerName, linksOf, peerLinksOf, stagesOf } from '@layerline/plan';
import type { LinkPlan, Plan, StagePlan } from '@layerline/plan';
import type { NodeConnection } from './node-connection.js';

/** Nominal cost of the feeder and of the evaluator, in multiply-adds per image: enough to spread them out as well. */
const END_COST = 50_000;

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
  const open = nodes.filter(({ isOpen }) => isOpen);
  const load = new Map(open.map((node) => [node, { slots: node.capabilities.slots - node.reserved, cost: 0 }]));
  const chosen = new Map<string, Node>();
  const stages = stagesOf(plan).map((stage) => ({
    ...stage,
    cost: costOf(plan, stage),
    wanted: wantedOf(stage, byHand),
  }));
  const choosy = ({ stage, wanted, program }: (typeof stages)[number]): number => {
    if (wanted !== undefined) return 3;
    if (program !== undefined) return 2;
    return stay.has(stage) ? 1 : 0;
  };
  const inOrder = [...stages].sort((a, b) => choosy(b) - choosy(a) || b.cost - a.cost);
  for (const { cost, wanted, ...needed } of inOrder) {
    const { stage } = needed;
    const able = open.filter((node) => (load.get(node)?.slots ?? 0) > 0 && suits(plan, needed, node, wanted));
    const busyWith = (node: Node): number => ((load.get(node)?.cost ?? 0) + cost) / speedOf(node, plan);
    const kept = able.find(({ name }) => name === stay.get(stage));
    const best = kept ?? able.sort((a, b) => busyWith(a) - busyWith(b) || a.name.localeCompare(b.name))[0];
    if (best === undefined) return { missing: explain(plan, needed, wanted) };
    const taken = load.get(best) as { slots: number; cost: number };
    taken.slots--;
    taken.cost += cost;
    chosen.set(stage, best);
  }
  const unreachable = [...linksOf(plan), ...peerLinksOf(plan)].find(({ from, to }) =>
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
  if (stage !== 'feeder' || plan.dataset.name === 'digits') return true;
  return capabilities.datasets.some((dataset) => dataset.name === plan.dataset.name);
}

/** The node that a stage is placed on by hand: that of its own name or, of a shard, that of its layer's. */
function wantedOf({ stage, layer }: StagePlan, byHand: Readonly<Record<string, string>>): string | undefined {
  return byHand[stage] ?? (layer === undefined ? undefined : byHand[layerName(layer)]);
}

/** Roughly, in multiply-adds per image. */
function costOf({ layers }: Plan, { layer, range }: StagePlan): number {
  const spec = layer === undefined ? undefined : layers[layer];
  return spec === undefined || range === undefined ? END_COST : spec.inputs * (range.to - range.from);
}

function speedOf({ capabilities }: Candidate, plan: Plan): number {
  const measured = capabilities.engines.find(({ backend }) => backend === plan.engine.backend)?.millisecondsPerStep;
  return capabilities.cores / (measured ?? 1);
}

/** Two nodes that can only dial out cannot link, unless they are the same node. */
function bothDialOut(a: Candidate | undefined, b: Candidate | undefined): boolean {
  return a !== b && a?.capabilities.dialsOut === true && b?.capabilities.dialsOut === true;
}

function explain(plan: Plan, { stage, program }: StagePlan, wanted: string | undefined): string {
  const data = stage === 'feeder' && plan.dataset.name !== 'digits' ? ` that has ${plan.dataset.name}` : '';
  const offering = program === undefined ? '' : ` that offers the program ${program}`;
  if (wanted !== undefined) {
    return `${stage} is placed on ${wanted}, which has not joined or is not a node${data}${offering} with a free slot`;
  }
  return `there is no node${data}${offering} with a free slot for ${stage}`;
}

function cannotLink({ from, to }: LinkPlan): string {
  return `${from} and ${to} would be on two nodes that can only dial out: place one of them elsewhere`;
}
