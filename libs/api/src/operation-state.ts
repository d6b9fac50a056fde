import type { Operation, OperationState } from './operation.js';

/** In which an operation stays. */
export const FINAL_STATES: readonly OperationState[] = ['applied', 'rolled-back', 'refused', 'cancelled'];

/** Whether nothing more becomes of an operation. */
export function isOver({ state }: Pick<Operation, 'state'>): boolean {
  return FINAL_STATES.includes(state);
}
