import { encodeSafetensors, partName } from '../../src/index.js';
import type { Content, LayerPart, NamedTensor, UnitRange } from '../../src/index.js';

/** A layer whose state holds a number of its own at every place. */
export interface TestLayer extends Content {
  readonly units: number;
  readonly inputs: number;
}

/** The state of some units of a layer, put together number by number. @param step which every number depends on */
export function tensorsOf({ units, inputs }: TestLayer, { from, to }: UnitRange, step = 0): NamedTensor[] {
  const count = to - from;
  const numbers = (start: number, each: number): Float32Array => {
    return Float32Array.from({ length: count * each }, (_, place) => step + (start + from * each + place) / 1024);
  };
  return [
    { name: 'weights', shape: [count, inputs], data: numbers(0, inputs) },
    { name: 'biases', shape: [1, count], data: numbers(units * inputs, 1) },
    { name: 'weights.m', shape: [count, inputs], data: numbers(units * (inputs + 1), inputs) },
    { name: 'meanActivity', shape: [1, count], data: numbers(units * (2 * inputs + 1), 1) },
  ];
}

/** What a stage stores of some units of a layer. */
export function sliceOf(layer: TestLayer, range: UnitRange = allOf(layer), step = 0): Uint8Array {
  return encodeSafetensors(tensorsOf(layer, range, step), { layer: layer.name, step: `${step}` });
}

export function allOf({ units }: TestLayer): UnitRange {
  return { from: 0, to: units };
}

/** Ranges between 0, the bounds and the number of units. */
export function rangesOf({ units }: TestLayer, bounds: readonly number[]): UnitRange[] {
  return [0, ...bounds].map((from, index) => ({ from, to: bounds[index] ?? units }));
}

/** A layer's parts with these bounds, as they are stored. */
export function partsOf(layer: TestLayer, bounds: readonly number[]): LayerPart[] {
  return rangesOf(layer, bounds).map((range) => {
    return { range, bytes: sliceOf(layer, range), source: partName(layer, range) };
  });
}

/** The names of a layer's parts with these bounds. */
export function namesOf(layer: TestLayer, bounds: readonly number[]): string[] {
  return rangesOf(layer, bounds).map((range) => partName(layer, range));
}
