import type { Plan } from '@layerline/plan';
import type { NodeConnection } from './node-connection.js';

/** What a node has answered: its numerics for a plan, or why it has none. */
export type ProbeResult = { readonly numerics: string } | { readonly reason: string };

/** How nodes are asked, in milliseconds. */
export interface Probing {
  /** How long others wait for a node's answer. */
  readonly patience: number;
  /** How long a failure counts before the node is asked again: what it lacked, memory for one, may be there by then. */
  readonly failureKept: number;
}

/** The patience is that for the largest plans, on machines that have other work. */
const PROBING: Probing = { patience: 60_000, failureKept: 30_000 };

/** What is known of a node and a plan. */
interface Inquiry {
  /** Stays while the node is asked again. */
  result: ProbeResult | undefined;
  isUnderWay: boolean;
  /** Whether the result is a failure of long ago. */
  isStale: boolean;
}

/**
 * Knows which nodes compute which numbers for a plan: asks each node when it is first looked at, and again some time after
 * it has failed.
 */
export class NumericsProbes {
  readonly #inquiries = new WeakMap<NodeConnection, Map<string, Inquiry>>();

  /** @param changed called when an answer has come, or one is to be had again */
  constructor(
    readonly changed: () => void,
    readonly probing = PROBING,
  ) {}

  /** A node's answer for a plan, or undefined while it is worth waiting for. */
  of(node: NodeConnection, plan: Plan): ProbeResult | undefined {
    const inquiry = this.#inquiryOf(node, plan);
    if (!inquiry.isUnderWay && (inquiry.result === undefined || inquiry.isStale)) this.#ask(node, plan, inquiry);
    return inquiry.result;
  }

  #inquiryOf(node: NodeConnection, plan: Plan): Inquiry {
    // What the bits follow from, and nothing else: runs that differ in their data share an answer.
    const key = JSON.stringify([plan.layers, plan.programs, plan.batch, plan.engine]);
    const known = this.#inquiries.get(node) ?? new Map<string, Inquiry>();
    this.#inquiries.set(node, known);
    const inquiry = known.get(key) ?? { result: undefined, isUnderWay: false, isStale: false };
    known.set(key, inquiry);
    return inquiry;
  }

  #ask(node: NodeConnection, plan: Plan, inquiry: Inquiry): void {
    inquiry.isUnderWay = true;
    inquiry.isStale = false;
    // One that hangs must not hold up the others for ever. Its answer counts all the same when it comes.
    const patience = setTimeout(() => {
      inquiry.result ??= { reason: 'it has not told its numerics yet' };
      this.changed();
    }, this.probing.patience).unref();
    const settle = (result: ProbeResult): void => {
      clearTimeout(patience);
      inquiry.isUnderWay = false;
      inquiry.result = result;
      this.changed();
    };
    node.probe(plan).then(
      (numerics) => settle({ numerics }),
      (error: unknown) => {
        settle({ reason: (error as Error).message });
        setTimeout(() => {
          inquiry.isStale = true;
          this.changed();
        }, this.probing.failureKept).unref();
      },
    );
  }
}
