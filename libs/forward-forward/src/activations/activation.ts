import type { GraphBuilder, Value } from '@layerline/ops';
import type { Module, Numbers } from '../module.js';

/** What a unit makes of the sum of its inputs, z: its activation, a = f(z), with f(0) = 0. */
export interface Activation<Name extends string = string, Key extends string = string> extends Module<Name, Key> {
  /** Whether f'(z) cannot be told from a alone, so that z is kept until the layer learns. */
  readonly keepsInput: boolean;
  apply(graph: GraphBuilder, numbers: Numbers<Key>, z: Value): Value;
  /** f'(z). @param z only where it {@link keepsInput} */
  derivative(graph: GraphBuilder, numbers: Numbers<Key>, a: Value, z: Value | undefined): Value;
  /**
   * Whether f'(z) is 1 wherever a is not 0: a gradient that is 0 there anyway need not be multiplied by it.
   */
  readonly passesOn: boolean;
}

/** An activation, with the names of its parameters taken from what it says of them. */
export function activation<const Name extends string, Key extends string>(
  definition: Activation<Name, Key>,
): Activation<Name, Key> {
  return definition;
}
