import { linksOf } from '@layerline/plan';
import type { LinkPlan, Plan } from '@layerline/plan';
import type { Assignment } from '@layerline/protocol';
import { newSecret } from '@layerline/security';
import type { NodeConnection } from './node-connection.js';

/** A link between two stages in one life of a run. */
export interface LinkRecord extends LinkPlan {
  /** Secret of the link, which whoever dials shows. */
  readonly ticket: string;
  /** The end that waits to be dialled: the stage that sends, unless its node can only dial out. */
  readonly waits: 'from' | 'to';
  /** Whether the stage that frames go to says so. */
  isLinked: boolean;
}

/** The links of a life before any of them is there. @param placement the node of each stage */
export function linkRecords(plan: Plan, placement: ReadonlyMap<string, NodeConnection>): LinkRecord[] {
  return linksOf(plan).map((link) => {
    const dialsOut = placement.get(link.from)?.capabilities.dialsOut === true;
    return { ...link, ticket: newSecret(), waits: dialsOut ? 'to' : 'from', isLinked: false };
  });
}

/** A link as one of its ends is told of it. */
export function endOf(
  { from, to, ticket, waits, maxFrameBytes }: LinkRecord,
  end: 'from' | 'to',
): Assignment['inputs'][number] {
  return { stage: end === 'from' ? to : from, ticket, waits: waits === end, maxFrameBytes };
}
