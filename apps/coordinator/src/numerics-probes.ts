import type { Plan } from '@layerline/plan';
import type { NodeConnection } from './node-connection.js';

/** A node's answer: its numerics for a plan, or why it has none. */
export type ProbeResult = { readonly numerics: string } | { readonly reason: string };

/** How nodes are asked, in milliseconds. */
export interface Probing {
  /** How long other nodes are kept waiting for this one's answer. */
  readonly patience: number;
  /** How long a failure stands before the node is asked again: what it lacked, such as memory, may be available by then. */
  readonly failureKept: number;
}

/** Patient enough for the largest plans, on machines that are also busy with other work. */
const PROBING: Probing = { patience: 60_000, failureKept: 30_000 };

/** What is known about one node and one plan. */
interface Inquiry {
  /** Stands while the node is being asked again. */
  result: ProbeResult | undefined;
  isUnderWay: boolean;
  /** Whether the result is a failure that is old enough to ask again. */
  isStale: boolean;
}

/**
 * Knows which numerics each node has for a plan: asks a node when it is first looked up, and again some time after it has
 * failed.
 */
export class NumericsProbes {
  readonly #inquiries = new WeakMap<NodeConnection, Map<string, Inquiry>>();

  /** @param changed called when an answer has arrived, or when it is worth asking again */
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
    // Only what determines the bits: runs that differ in their data alone share an answer.
    const key = JSON.stringify([plan.layers, plan.shards, plan.programs, plan.batch, plan.engine]);
    const known = this.#inquiries.get(node) ?? new Map<string, Inquiry>();
    this.#inquiries.set(node, known);
    const inquiry = known.get(key) ?? { result: undefined, isUnderWay: false, isStale: false };
    known.set(key, inquiry);
    return inquiry;
  }

  #ask(node: NodeConnection, plan: Plan, inquiry: Inquiry): void {
    inquiry.isUnderWay = true;
    inquiry.isStale = false;
    // A node that hangs must not hold up the others for ever. Its answer still counts if it arrives later.
    const patience = setTimeout(() => {
      inquiry.result ??= { reason: 'it has not reported its numerics yet' };
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
