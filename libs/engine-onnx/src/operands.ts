import type { Operation } from '@layerline/ops';

/** The operation with its operands' ids replaced. */
export function moveOperands(operation: Operation, ids: ReadonlyMap<number, number>): Operation {
  const moved = { ...operation } as { a?: number; b?: number; c?: number };
  for (const operand of ['a', 'b', 'c'] as const) {
    const id = moved[operand];
    if (id !== undefined) moved[operand] = ids.get(id) as number;
  }
  return moved as Operation;
}

/** The ids of the values that an operation reads. */
export function operandsOf(operation: Operation): number[] {
  const { a, b, c } = operation as { a?: number; b?: number; c?: number };
  return [a, b, c].filter((id) => id !== undefined);
}
