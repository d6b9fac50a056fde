import { feedbackLinksOf, linksOf, peerLinksOf } from '@layerline/plan';
import type { LinkPlan, Plan } from '@layerline/plan';
import type { Assignment } from '@layerline/protocol';
import { newSecret } from '@layerline/security';
import type { NodeConnection } from './node-connection.js';

/** A link between two stages in one life of a run. */
export interface LinkRecord extends LinkPlan {
  /** Whether frames go downstream on it, or from the end back to the head, or sums both ways between shards of a layer. */
  readonly kind: 'stream' | 'feedback' | 'peers';
  /** Secret of the link, which whoever dials shows. */
  readonly ticket: string;
  /** The end that waits to be dialled: `from`, unless its node can only dial out. */
  readonly waits: 'from' | 'to';
  /** Whether the stage at `to` says so. */
  isLinked: boolean;
}

/** The links of a life before any of them is there. @param placement the node of each stage */
export function linkRecords(plan: Plan, placement: ReadonlyMap<string, NodeConnection>): LinkRecord[] {
  const record = (link: LinkPlan, kind: LinkRecord['kind']): LinkRecord => {
    const dialsOut = placement.get(link.from)?.capabilities.dialsOut === true;
    return { ...link, kind, ticket: newSecret(), waits: dialsOut ? 'to' : 'from', isLinked: false };
  };
  return [
    ...linksOf(plan).map((link) => record(link, 'stream')),
    ...feedbackLinksOf(plan).map((link) => record(link, 'feedback')),
    ...peerLinksOf(plan).map((link) => record(link, 'peers')),
  ];
}

export function isBetween({ from, to }: LinkPlan, stage: string, neighbour: string): boolean {
  return (from === stage && to === neighbour) || (from === neighbour && to === stage);
}

/** The links of a stage as it is told of them. */
export function neighboursOf(
  stage: string,
  links: readonly LinkRecord[],
): Pick<Assignment, 'inputs' | 'outputs' | 'peers'> {
  const streams = links.filter(({ kind }) => kind !== 'peers');
  const peers = links.filter(({ kind }) => kind === 'peers');
  const before = (some: readonly LinkRecord[]) =>
    some.filter(({ to }) => to === stage).map((link) => endOf(link, 'to'));
  const after = (some: readonly LinkRecord[]) =>
    some.filter(({ from }) => from === stage).map((link) => endOf(link, 'from'));
  // Those of peers go from each to those behind it: so they come in the order of their units.
  return { inputs: before(streams), outputs: after(streams), peers: [...before(peers), ...after(peers)] };
}

/** A link as one of its ends is told of it. */
function endOf(
  { from, to, ticket, waits, maxFrameBytes }: LinkRecord,
  end: 'from' | 'to',
): Assignment['inputs'][number] {
  return { stage: end === 'from' ? to : from, ticket, waits: waits === end, maxFrameBytes };
}
