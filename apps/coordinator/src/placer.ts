import { PlacementError } from './errors.js';
import type { Life } from './executor.js';
import type { NodeConnection } from './node-connection.js';
import type { NodePool } from './node-pool.js';
import type { NumericsProbes } from './numerics-probes.js';
import { place } from './placement.js';
import type { Reservation } from './reservation.js';
import { demandsOf, placeExactly } from './same-numbers.js';

/** Nodes for the stages of a life. */
export interface Placed {
  readonly reservation: Reservation;
  /** Settles once the nodes' numerics have been recorded. */
  readonly settled: Promise<void>;
}

/** Chooses nodes for a life of a run, waiting as long as it takes. @throws the signal's reason */
export type Place = (life: Life) => Promise<Placed>;

/** Places a run on nodes that all compute the same numbers, and records which. */
export function placeOnEqualNodes(nodes: NodePool, probes: NumericsProbes): Place {
  return async ({ record, stay, waiting, signal }) => {
    const { plan, config } = record;
    const demands = { ...demandsOf(record), stay };
    let numerics: readonly string[] = [];
    const reservation = await nodes.reserve((candidates) => {
      const found = placeExactly(plan, candidates, (node) => probes.of(node, plan), demands);
      if ('missing' in found) {
        waiting(found.missing);
        return undefined;
      }
      numerics = found.numerics;
      return found.nodes;
    }, signal);
    try {
      for (const each of numerics) await record.settleNumerics(each, config.allowDifferentNumbers);
      return { reservation, settled: Promise.resolve() };
    } catch (error) {
      reservation.release();
      throw error;
    }
  };
}

/**
 * Places a run on the only node that there will be. Its stages all compute the same numbers there, whatever they are, so a
 * new run starts while the node is still working out its numerics. A run that is taken up again waits until they are known
 * to be its own.
 */
export function placeOnOnlyNode(nodes: NodePool, probes: NumericsProbes): Place {
  const settle = async ({ record, signal }: Life, node: NodeConnection): Promise<void> => {
    const result = await nodes.until(
      (joined) => (joined.includes(node) ? probes.of(node, record.plan) : 'gone'),
      signal,
    );
    // The loss of the node ends the life anyway, with a better reason.
    if (result === 'gone') return;
    if ('reason' in result) throw new PlacementError(`Cannot work out the numerics of the run: ${result.reason}`);
    await record.settleNumerics(result.numerics, record.config.allowDifferentNumbers);
  };
  return async (life) => {
    const { record, waiting, signal } = life;
    const only = await nodes.until(([node]) => {
      if (node === undefined) waiting('no node has joined');
      return node;
    }, signal);
    const settled = settle(life, only);
    settled.catch((error: unknown) => life.abort(error as Error));
    if (record.journal.incarnation > 0) await settled;
    const reservation = await nodes.reserve((joined) => {
      const found = place(record.plan, joined, record.placement);
      if ('nodes' in found) return found.nodes;
      waiting(found.missing);
      return undefined;
    }, signal);
    return { reservation, settled };
  };
}
