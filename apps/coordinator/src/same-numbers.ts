import type { Plan } from '@layerline/plan';
import type { ProbeResult } from './numerics-probes.js';
import { place } from './placement.js';
import type { Candidate } from './placement.js';
import type { RunRecord } from './record/run-record.js';

/** A placement whose nodes all compute the same numbers, and what those are. */
export interface ExactPlacement<Node> {
  readonly nodes: ReadonlyMap<string, Node>;
  /** Of the chosen nodes; more than one only if different numbers were allowed. */
  readonly numerics: readonly string[];
}

/** What a run asks of the nodes that carry it. */
export interface Demands {
  /** The run's numerics, if it has any yet. */
  readonly wanted: string | undefined;
  /** Whether any nodes that can compute the plan will do. */
  readonly allowDifferent: boolean;
  /** Names of nodes by stage. */
  readonly byHand: Readonly<Record<string, string>>;
  /** Nodes that keep a stage where they can, by stage. */
  readonly stay?: ReadonlyMap<string, string> | undefined;
}

export function demandsOf({
  journal,
  config,
  placement,
}: Pick<RunRecord, 'journal' | 'config' | 'placement'>): Demands {
  return { wanted: journal.numerics, allowDifferent: config.allowDifferentNumbers, byHand: placement };
}

/** A node's numerics for the plan, or why it has none; undefined while that is worth waiting for. */
export type NumericsOf<Node> = (node: Node) => ProbeResult | undefined;

/**
 * Places a plan on nodes with the same numerics: those of the run or, if it has none yet, the numerics whose nodes have the
 * most cores among those that can carry the plan.
 * @returns a sentence saying what is missing, if there is no such placement yet
 */
export function placeExactly<Node extends Candidate>(
  plan: Plan,
  nodes: readonly Node[],
  numericsOf: NumericsOf<Node>,
  { wanted, allowDifferent, byHand, stay }: Demands,
): ExactPlacement<Node> | { readonly missing: string } {
  const probed = nodes.map((node) => ({ node, result: numericsOf(node) }));
  const open = probed.find(({ result }) => result === undefined);
  if (open !== undefined) return { missing: `${open.node.name} is working out its numerics` };
  const groups = new Map<string, Node[]>();
  for (const { node, result } of probed) {
    if (result === undefined || 'reason' in result) continue;
    const key = allowDifferent ? 'any' : result.numerics;
    if (allowDifferent || wanted === undefined || wanted === key) {
      groups.set(key, [...(groups.get(key) ?? []), node]);
    }
  }
  const failures = probed.flatMap(({ node, result }) => {
    return result !== undefined && 'reason' in result ? [`${node.name}: ${firstLine(result.reason)}`] : [];
  });
  let missing = explain(probed.length, wanted);
  for (const group of [...groups.values()].sort((a, b) => coresOf(b) - coresOf(a))) {
    const found = place(plan, group, byHand, stay);
    if ('nodes' in found) return { nodes: found.nodes, numerics: distinct(found.nodes, numericsOf) };
    missing = found.missing;
  }
  return { missing: [missing, ...failures].join('; ') };
}

function distinct<Node>(nodes: ReadonlyMap<string, Node>, numericsOf: NumericsOf<Node>): readonly string[] {
  const found = [...nodes.values()].flatMap((node) => {
    const result = numericsOf(node);
    return result !== undefined && 'numerics' in result ? [result.numerics] : [];
  });
  return [...new Set(found)];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function coresOf(nodes: readonly Candidate[]): number {
  return nodes.reduce((cores, { capabilities }) => cores + capabilities.cores, 0);
}

function explain(nodes: number, wanted: string | undefined): string {
  if (nodes === 0) return 'no node has joined';
  if (wanted === undefined) return 'no node can compute the plan';
  return `no node computes with the run's numerics ("${wanted}"): --allow-different-numbers lets others take part`;
}
