import type { Optimizer } from '../../src/index.js';

/** A parameter under a textbook optimizer, in double precision. */
export interface Parameter {
  readonly value: Float64Array;
  /** SGD's velocity v, or Adam's first moment m. */
  readonly first: Float64Array;
  /** Adam's second moment v; SGD leaves it at 0. */
  readonly second: Float64Array;
}

export function startingAt(value: Float64Array): Parameter {
  return { value, first: new Float64Array(value.length), second: new Float64Array(value.length) };
}

/**
 * One step of SGD with momentum, or of Adam as in algorithm 1 of Kingma and Ba 2015 with m̂ and v̂ spelled out, after
 * decoupled weight decay.
 * @param step counted from 1
 */
export function textbookStep(
  optimizer: Optimizer,
  decays: boolean,
  step: number,
  learningRate: number,
  parameter: Parameter,
  gradient: Float64Array,
): Parameter {
  const decay = decays ? optimizer.weightDecay : 0;
  const { value, first, second } = parameter;
  const result = startingAt(new Float64Array(value.length));
  for (const [index, g] of gradient.entries()) {
    const kept = (value[index] as number) - learningRate * decay * (value[index] as number);
    if (optimizer.name === 'sgd') {
      const velocity = optimizer.momentum * (first[index] as number) - learningRate * g;
      result.first[index] = velocity;
      result.value[index] = kept + velocity;
    } else {
      const m = 0.9 * (first[index] as number) + 0.1 * g;
      const v = 0.999 * (second[index] as number) + 0.001 * g ** 2;
      const mHat = m / (1 - 0.9 ** step);
      const vHat = v / (1 - 0.999 ** step);
      result.first[index] = m;
      result.second[index] = v;
      result.value[index] = kept - (learningRate * mHat) / (Math.sqrt(vHat) + 1e-8);
    }
  }
  return result;
}
