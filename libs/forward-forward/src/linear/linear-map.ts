import type { Value } from '@layerline/ops';
import type { Gradient } from '../optimizers.js';

/** A batch of rows X with what a layer multiplies it by, whatever form it arrives in. */
export interface LinearMap {
  /** X · weightsᵀ + biases, [rows, units]. @param weights [units, inputs] @param biases [1, units] */
  times(weights: Value, biases: Value): Value;
  /** The gradient of the weights: deltaᵀ · X, [units, inputs], plus `added`. @param delta [rows, units] */
  weightGradient(delta: Value, added: Parameters<Gradient>[0]): Value;
}
