import type { Bottleneck, PipelineModel, SimulationResult } from './model.js';

/** Share of its time from which on something counts as always in use. Random durations alone leave gaps of some percent. */
const SATURATED = 0.9;

/** A stage that is busy for less than this share of its time is not to blame for cores that are always in use. */
const MINOR = 0.1;

/** Shares that differ by less than this are the same. */
const SAME = 1e-6;

/** How much of its time each part of a pipeline was in use. */
export interface Use extends Pick<SimulationResult, 'stages' | 'links'> {
  /** Of the cores of each node. */
  readonly cores: readonly number[];
}

/** The name of a node by its index. */
export function nodeName(index: number): string {
  return `node-${index + 1}`;
}

/**
 * Finds what limits a pipeline: whatever is in use all the time. Where nothing is, the pipeline waits for messages on
 * their way: those between shards, if one of them does nothing but work and wait for them; else the link is looked for in
 * front of which a stage waits for credit while the one behind waits for input.
 */
export function findBottleneck(model: PipelineModel, { stages, links, cores }: Use): Bottleneck {
  const shared = cores.flatMap((use, node) => {
    const sharing = stages.filter(({ busy }, index) => model.stages[index]?.node === node && busy >= MINOR);
    return sharing.length > 1 ? [{ kind: 'cores' as const, name: nodeName(node), use }] : [];
  });
  const candidates: (Bottleneck & { readonly use: number })[] = [
    ...shared,
    ...stages.map(({ name, busy }) => ({ kind: 'stage' as const, name, use: busy })),
    ...links.map(({ name, wire }) => ({ kind: 'bandwidth' as const, name, use: wire })),
  ];
  const most = Math.max(...candidates.map(({ use }) => use));
  const first = candidates.find(({ use }) => use >= most - SAME);
  if (first !== undefined && most >= SATURATED) return { kind: first.kind, name: first.name };
  const engaged = stages.map(({ busy, waitingForPeers }) => (waitingForPeers === 0 ? 0 : busy + waitingForPeers));
  const lockstep = engaged.indexOf(Math.max(...engaged));
  if ((engaged[lockstep] ?? 0) >= SATURATED) return { kind: 'exchange', name: stages[lockstep]?.name ?? '' };
  const starved = model.links.map(({ from, to }) => {
    return Math.min(stages[from]?.waitingForCredit ?? 0, stages[to]?.waitingForInput ?? 0);
  });
  const worst = starved.indexOf(Math.max(...starved));
  return { kind: 'credit', name: links[worst]?.name ?? '' };
}
