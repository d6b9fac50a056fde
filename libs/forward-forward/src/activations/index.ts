import type { GraphBuilder, Value } from '@layerline/ops';
import { moduleOf, namesOf } from '../module.js';
import type { SettingsOf } from '../module.js';
import type { Activation } from './activation.js';
import { gelu } from './gelu.js';
import { leakyRelu } from './leaky-relu.js';
import { relu } from './relu.js';
import { tanh } from './tanh.js';

/** Every activation. */
export const ACTIVATIONS = [relu, leakyRelu, gelu, tanh] as const;

export type ActivationName = (typeof ACTIVATIONS)[number]['name'];
export const ACTIVATION_NAMES = namesOf(ACTIVATIONS);
export type ActivationSettings = SettingsOf<(typeof ACTIVATIONS)[number]>;

/** An activation by its name. */
export function activationOf(name: ActivationName): Activation {
  return moduleOf<Activation>(ACTIVATIONS, name);
}

/** a = f(z) */
export function activate(graph: GraphBuilder, { name, ...numbers }: ActivationSettings, z: Value): Value {
  return activationOf(name).apply(graph, numbers, z);
}

/** f'(z), from a and, where the activation keeps it, z. */
export function activationSlope(
  graph: GraphBuilder,
  { name, ...numbers }: ActivationSettings,
  a: Value,
  z: Value | undefined,
): Value {
  return activationOf(name).derivative(graph, numbers, a, z);
}
