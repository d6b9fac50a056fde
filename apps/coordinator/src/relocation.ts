import type { NodeConnection } from './node-connection.js';
import type { NodePool } from './node-pool.js';
import type { NumericsProbes } from './numerics-probes.js';
import type { Candidate } from './placement.js';
import type { Prospective, Room } from './executor.js';
import type { Run } from './run.js';
import { demandsOf, placeExactly } from './same-numbers.js';

/** A run that would have to wait for nodes, and what it would wait for. */
export interface Stranded {
  readonly run: string;
  readonly missing: string;
}

/** A node as it would be once all of the runs that are to move have left their slots. */
interface Prospect extends Candidate {
  readonly node: NodeConnection;
  reserved: number;
}

/**
 * Looks for room on the other nodes for all runs that have stages on one, at once and by the same rules as when they are
 * placed. Waits until each of those nodes has worked out its numerics for them.
 * @param moving the runs that have stages on the node at the moment
 * @returns the first run that would be left without room; undefined if there is room for all of them, in the turn of the
 * event loop in which the caller resumes
 */
export function strandedWithout(
  leaving: NodeConnection,
  moving: () => readonly Run[],
  nodes: NodePool,
  probes: NumericsProbes,
): Promise<Stranded | undefined> {
  const look = (all: readonly NodeConnection[]): { readonly stranded: Stranded | undefined } | undefined => {
    const runs = moving();
    const others = all.filter((node) => node !== leaving && node.isOpen);
    // All are asked, so that they work on it at the same time.
    const answers = runs.flatMap(({ record }) => others.map((node) => probes.of(node, record.plan)));
    return answers.includes(undefined) ? undefined : { stranded: firstStranded(runs, others, probes) };
  };
  return nodes.until(look, new AbortController().signal).then(({ stranded }) => stranded);
}

function firstStranded(
  runs: readonly Run[],
  others: readonly NodeConnection[],
  probes: NumericsProbes,
): Stranded | undefined {
  const held = runs.flatMap(({ placement }) => [...placement.values()]);
  const prospects = others.map((node) => prospectOf(node, held));
  for (const { id, record } of runs) {
    if (prospects.length === 0) return { run: id, missing: 'there is no other node' };
    const numericsOf = ({ node }: Prospect) => probes.of(node, record.plan);
    const found = placeExactly(record.plan, prospects, numericsOf, demandsOf(record));
    if ('missing' in found) return { run: id, missing: found.missing };
    for (const prospect of found.nodes.values()) prospect.reserved++;
  }
  return undefined;
}

/** @param held names of nodes, once for each slot that will have been left by then */
function prospectOf(node: NodeConnection, held: readonly string[]): Prospect {
  const { name, capabilities, isOpen, reserved } = node;
  return { node, name, capabilities, isOpen, reserved: reserved - held.filter((holder) => holder === name).length };
}

/**
 * Looks for room for a run by another plan, if it gave up the slots that it has now. Waits until each node has worked out its
 * numerics for it.
 * @throws the signal's reason
 */
export function roomFor(
  { record, plan, byHand, held }: Prospective,
  nodes: NodePool,
  probes: NumericsProbes,
  signal: AbortSignal,
): Promise<Room> {
  return nodes.until((all): Room | undefined => {
    const open = all.filter((node) => node.isOpen);
    if (open.map((node) => probes.of(node, plan)).includes(undefined)) return undefined;
    const prospects = open.map((node) => prospectOf(node, [...held.values()]));
    const found = placeExactly(plan, prospects, ({ node }) => probes.of(node, plan), {
      ...demandsOf(record),
      byHand,
      stay: held,
    });
    if ('missing' in found) return { missing: found.missing };
    return { nodes: new Map(Array.from(found.nodes, ([stage, { name }]) => [stage, name])) };
  }, signal);
}
