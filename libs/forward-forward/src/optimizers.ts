import type { GraphBuilder, Shape, Value } from '@layerline/ops';

/** How a layer turns its local gradient into a change of its parameters. */
export const OPTIMIZER_NAMES = ['sgd', 'adam'] as const;
export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

/**
 * - `sgd`: v ← μ v − η g; w ← (1 − η δ) w + v
 * - `adam`: Kingma and Ba 2015, algorithm 1, with w ← (1 − η δ) w before the step
 *
 * for learning rate η, momentum μ, gradient g and weight decay δ, which is decoupled from the gradient (Loshchilov and
 * Hutter 2019, arXiv 1711.05101) and leaves biases alone.
 */
export type Optimizer =
  | { readonly name: 'sgd'; readonly momentum: number; readonly weightDecay: number }
  | { readonly name: 'adam'; readonly weightDecay: number };

export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** The numbers that change from step to step and go into the learn graph as 1 × 1 inputs. */
export interface StepScalars {
  /** What the step is multiplied by. */
  readonly rate: number;
  /** ηδ, the share of the weights that decays before the step. */
  readonly decay: number;
  /** Added to the root of Adam's second moment; SGD does not use it. */
  readonly epsilon: number;
}

/**
 * Combines Adam's bias corrections with the factors left out of its moments (see {@link updateParameter}):
 * with m = (1 − β₁) m̃ and v = (1 − β₂) ṽ, the step η m̂ / (√v̂ + ε) is rate × m̃ / (√ṽ + epsilon).
 * Computes β^t by repeated multiplication, since the last bits of `**` depend on the machine.
 */
export class StepCounter {
  #step = 0;
  #beta1Power = 1;
  #beta2Power = 1;

  /** @param step steps taken before, by a counter of the same optimizer */
  constructor(
    readonly optimizer: Optimizer,
    step = 0,
  ) {
    while (this.#step < step) this.#count();
  }

  /** Steps taken so far. */
  get step(): number {
    return this.#step;
  }

  /** Advances by one step and returns its scalars. @param learningRate η, at least 0 */
  next(learningRate: number): StepScalars {
    this.#count();
    const decay = learningRate * this.optimizer.weightDecay;
    if (this.optimizer.name === 'sgd') return { rate: learningRate, decay, epsilon: 0 };
    const secondCorrection = Math.sqrt((1 - this.#beta2Power) / (1 - ADAM.beta2));
    return {
      rate: (learningRate * (1 - ADAM.beta1) * secondCorrection) / (1 - this.#beta1Power),
      decay,
      epsilon: ADAM.epsilon * secondCorrection,
    };
  }

  #count(): void {
    this.#step++;
    this.#beta1Power *= ADAM.beta1;
    this.#beta2Power *= ADAM.beta2;
  }
}

/**
 * The moments that each optimizer keeps of a parameter, in order: matrices of its shape that start with zeros, called
 * `weights.velocity` and so on in a layer's state.
 */
export const MOMENTS: Readonly<Record<OptimizerName, readonly string[]>> = {
  sgd: ['velocity'],
  adam: ['first', 'second'],
};

/** A step's scalars as values of a graph. */
export interface StepInputs {
  readonly rate: Value;
  readonly decay: Value;
  readonly epsilon: Value;
}

/** What the optimizer needs its gradient multiplied by; undefined for nothing. */
export function gradientFactor(graph: GraphBuilder, optimizer: Optimizer, step: StepInputs): Value | undefined {
  return optimizer.name === 'sgd' ? graph.negate(step.rate) : undefined;
}

/** A parameter's gradient, times {@link gradientFactor}, plus `beta` × `c` where they are given. */
export type Gradient = (added?: { c: Value; beta: number }) => Value;

/** A parameter that is updated. */
export interface Updated {
  readonly name: string;
  readonly shape: Shape;
  readonly decays: boolean;
  /** Where the graph has read it already. */
  readonly value?: Value;
}

/**
 * Records the update of one parameter: reads and writes the state called `name` and its moments.
 *
 * Arranged for few passes over the weights. SGD has the rate inside the gradient, so that one matrix product yields the
 * new velocity. Adam keeps m̃ ← β₁ m̃ + g and ṽ ← β₂ ṽ + g², without the (1 − β), which {@link StepCounter} moves into
 * the rate.
 */
export function updateParameter(
  graph: GraphBuilder,
  optimizer: Optimizer,
  parameter: Updated,
  step: StepInputs,
  gradient: Gradient,
): void {
  const { name, shape } = parameter;
  const read = (moment: string): Value => graph.input(`${name}.${moment}`, shape);
  const { value = graph.input(name, shape) } = parameter;
  const decays = parameter.decays && optimizer.weightDecay > 0;
  // Not (1 − ηδ) w: in fp32, 1 − ηδ would round a small decay away.
  const kept = decays ? graph.sub(value, graph.mul(value, step.decay)) : value;
  if (optimizer.name === 'sgd') {
    const velocity = gradient({ c: read('velocity'), beta: optimizer.momentum });
    graph.output(`${name}.velocity`, velocity);
    graph.output(name, graph.add(kept, velocity));
    return;
  }
  const g = gradient();
  const first = graph.add(graph.scale(read('first'), ADAM.beta1), g);
  const second = graph.add(graph.scale(read('second'), ADAM.beta2), graph.mul(g, g));
  const direction = graph.div(first, graph.add(graph.sqrt(second), step.epsilon));
  graph.output(`${name}.first`, first);
  graph.output(`${name}.second`, second);
  graph.output(name, graph.sub(kept, graph.mul(direction, step.rate)));
}
