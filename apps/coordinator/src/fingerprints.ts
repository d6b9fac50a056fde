import type { Plan } from '@layerline/pipeline';
import type { NodeConnection } from './node-connection.js';

/** What a node has answered: its fingerprint of a plan, or why it has none. */
export type ProbeResult = { readonly fingerprint: string } | { readonly reason: string };

/** Knows which nodes compute which numbers for a plan: asks each node once, when it is first looked at. */
export class Fingerprints {
  readonly #results = new WeakMap<NodeConnection, Map<string, ProbeResult | undefined>>();

  /** @param changed called when an answer has come */
  constructor(readonly changed: () => void) {}

  /** A node's answer for a plan, or undefined while it is still working it out. */
  of(node: NodeConnection, plan: Plan): ProbeResult | undefined {
    // What the bits follow from, and nothing else: runs that differ in their data share an answer.
    const key = JSON.stringify([plan.layers, plan.programs, plan.batch, plan.engine]);
    const results = this.#results.get(node) ?? new Map<string, ProbeResult | undefined>();
    this.#results.set(node, results);
    if (results.has(key)) return results.get(key);
    results.set(key, undefined);
    node.probe(plan).then(
      (fingerprint) => this.#settle(results, key, { fingerprint }),
      (error: unknown) => this.#settle(results, key, { reason: (error as Error).message }),
    );
    return undefined;
  }

  #settle(results: Map<string, ProbeResult | undefined>, key: string, result: ProbeResult): void {
    results.set(key, result);
    this.changed();
  }
}
