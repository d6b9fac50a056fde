import type { RunStatus } from '@layerline/api';
import { isOver } from '@layerline/api/operation-state';
import { mostShardsOf } from '@layerline/api/shards';
import type { LiveState } from '../data/run-state.js';
import { isSingleProcess, layerStage } from '../pipeline/stages.js';

/** A layer that can be cut in other ways than it is. */
export interface Offer {
  /** `layer-1` */
  readonly layer: string;
  /** Into how many shards it is cut now. */
  readonly present: number;
  /** Into how many it can be cut instead. */
  readonly counts: readonly number[];
}

/** What can be asked for, in the order of the layers. */
export function offersOf({ plan, status }: Pick<LiveState, 'plan' | 'status'>): readonly Offer[] {
  return plan.layers.flatMap((_, index) => {
    const present = presentShards(status, index);
    const all = Array.from({ length: mostShardsOf(plan, index) }, (_, before) => before + 1);
    const counts = all.filter((count) => count !== present);
    return counts.length === 0 ? [] : [{ layer: layerStage(index), present, counts }];
  });
}

/** While a layer is being cut anew, what it was: the status has the new number before frames flow. */
function presentShards({ topology, operation }: RunStatus, index: number): number {
  const change = operation === null || isOver(operation) ? undefined : operation.change;
  if (change?.kind === 'scale' && change.layer === layerStage(index)) return change.from;
  return topology.shards[index] ?? 1;
}

/** A layer, and the number of shards that it is to have. */
export interface Wish {
  readonly layer: string;
  readonly shards: number;
}

/** What is chosen, or what comes closest to it among what can be: after a change, that may be something else. */
export function chosenOf(offers: readonly Offer[], { layer, shards }: Partial<Wish>): Wish | undefined {
  const offer = offers.find((each) => each.layer === layer) ?? offers[0];
  if (offer === undefined) return undefined;
  const { present, counts } = offer;
  const isOffered = shards !== undefined && counts.includes(shards);
  const chosen = isOffered ? shards : (counts.find((count) => count > present) ?? counts.at(-1));
  return chosen === undefined ? undefined : { layer: offer.layer, shards: chosen };
}

/** Why nothing can be asked for now; undefined if something can. */
export function hindranceOf(state: LiveState, offers: readonly Offer[], isOperator: boolean): string | undefined {
  if (isSingleProcess(state)) return 'All stages are in one process: none of them can be changed while it trains';
  if (offers.length === 0) {
    return 'No layer of this run can be cut: that takes two full blocks of units, and no program of a node beside them';
  }
  return isOperator ? undefined : 'You are signed in as a viewer: only operators change stages';
}
