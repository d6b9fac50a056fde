import type { Plan } from '@layerline/plan';
import type { NumericsProbes } from './numerics-probes.js';
import type { NodeConnection } from './node-connection.js';
import { place } from './placement.js';
import type { Placement } from './placement.js';

/** A placement whose nodes all compute the same numbers, and what those are. */
export interface ExactPlacement {
  readonly nodes: ReadonlyMap<string, NodeConnection>;
  /** Of the chosen nodes; more than one only if different numbers were allowed. */
  readonly numerics: readonly string[];
}

/**
 * Places a plan on nodes with the same numerics: those of the run or, if it has none yet, the numerics whose nodes have the
 * most cores among those that can carry the plan.
 * @param options.wanted the run's numerics, if it has any
 * @param options.allowDifferent take any nodes that can compute the plan
 * @returns a sentence saying what is missing, if there is no such placement yet
 */
export function placeExactly(
  plan: Plan,
  nodes: readonly NodeConnection[],
  probes: NumericsProbes,
  options: {
    readonly wanted: string | undefined;
    readonly allowDifferent: boolean;
    readonly byHand: Readonly<Record<string, string>>;
  },
): ExactPlacement | { readonly missing: string } {
  const probed = nodes.map((node) => ({ node, result: probes.of(node, plan) }));
  const open = probed.find(({ result }) => result === undefined);
  if (open !== undefined) return { missing: `${open.node.name} is working out its numerics` };
  const groups = new Map<string, NodeConnection[]>();
  for (const { node, result } of probed) {
    if (result === undefined || 'reason' in result) continue;
    const key = options.allowDifferent ? 'any' : result.numerics;
    if (options.allowDifferent || options.wanted === undefined || options.wanted === key) {
      groups.set(key, [...(groups.get(key) ?? []), node]);
    }
  }
  const failures = probed.flatMap(({ node, result }) => {
    return result !== undefined && 'reason' in result ? [`${node.name}: ${firstLine(result.reason)}`] : [];
  });
  let missing = explain(probed.length, options.wanted);
  for (const group of [...groups.values()].sort((a, b) => coresOf(b) - coresOf(a))) {
    const found: Placement<NodeConnection> = place(plan, group, options.byHand);
    if ('nodes' in found) return { nodes: found.nodes, numerics: distinct(found.nodes, probes, plan) };
    missing = found.missing;
  }
  return { missing: [missing, ...failures].join('; ') };
}

function distinct(nodes: ReadonlyMap<string, NodeConnection>, probes: NumericsProbes, plan: Plan): readonly string[] {
  const found = [...nodes.values()].flatMap((node) => {
    const result = probes.of(node, plan);
    return result !== undefined && 'numerics' in result ? [result.numerics] : [];
  });
  return [...new Set(found)];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function coresOf(nodes: readonly NodeConnection[]): number {
  return nodes.reduce((cores, { capabilities }) => cores + capabilities.cores, 0);
}

function explain(nodes: number, wanted: string | undefined): string {
  if (nodes === 0) return 'no node has joined';
  if (wanted === undefined) return `none of the ${nodes} nodes can compute the plan`;
  return `none of the ${nodes} nodes computes the run's numbers ("${wanted}"): --allow-different-numbers takes others`;
}
