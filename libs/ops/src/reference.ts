import { GraphError } from './errors.js';
import type { Binary, Graph, Operation, Unary } from './graph.js';
import { sizeOf } from './shape.js';
import type { Shape } from './shape.js';

const UNARY: Record<Unary, (x: number) => number> = {
  relu: (x) => Math.max(x, 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  tanh: Math.tanh,
  sqrt: Math.sqrt,
  step: (x) => (x > 0 ? 1 : 0),
  negate: (x) => -x,
};

const BINARY: Record<Binary, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

interface Matrix {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/**
 * Runs a graph in double precision, simply and slowly: the numbers that engines are tested against.
 * @param inputs row-major data by input name, each of its input's size
 * @returns row-major data by output name
 * @throws GraphError when an input is missing or has the wrong size
 */
export function runReference(
  graph: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Float64Array> {
  const values: Matrix[] = [];
  for (const { operation, shape } of graph.nodes) {
    values.push({ shape, data: evaluate(graph, operation, shape, values, inputs) });
  }
  const outputs: Record<string, Float64Array> = {};
  for (const [name, id] of graph.outputs) outputs[name] = (values[id] as Matrix).data;
  return outputs;
}

function evaluate(
  graph: Graph,
  operation: Operation,
  shape: Shape,
  values: readonly Matrix[],
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Float64Array {
  const at = (id: number): Matrix => values[id] as Matrix;
  switch (operation.op) {
    case 'input': {
      const data = inputs[operation.name];
      if (data?.length !== sizeOf(shape)) {
        const got = data?.length ?? 'none';
        throw new GraphError(graph.name, `takes ${sizeOf(shape)} numbers as "${operation.name}", and got ${got}`);
      }
      return Float64Array.from(data);
    }
    case 'constant':
      return Float64Array.of(operation.value);
    case 'identity':
      return fill(shape, (row, column) => (row === column ? 1 : 0));
    case 'gemm': {
      const added = operation.c === undefined ? undefined : at(operation.c);
      return gemm(operation, at(operation.a), at(operation.b), added, shape);
    }
    case 'sumRows': {
      const a = at(operation.a);
      return fill(shape, (_, column) => sum(a.shape[0], (row) => element(a, row, column)));
    }
    case 'sumColumns': {
      const a = at(operation.a);
      return fill(shape, (row) => sum(a.shape[1], (column) => element(a, row, column)));
    }
    case 'softmax': {
      const a = at(operation.a);
      const columns = shape[1];
      return fill(shape, (row, column) => {
        const most = Math.max(...Array.from({ length: columns }, (_, each) => element(a, row, each)));
        const total = sum(columns, (each) => Math.exp(element(a, row, each) - most));
        return Math.exp(element(a, row, column) - most) / total;
      });
    }
    case 'blockSums':
    case 'blockSumSquares': {
      const a = at(operation.a);
      const { op, blockSize } = operation;
      const power = op === 'blockSums' ? 1 : 2;
      return fill(shape, (row, block) => {
        const start = block * blockSize;
        return sum(Math.min(blockSize, a.shape[1] - start), (offset) => element(a, row, start + offset) ** power);
      });
    }
    case 'keepLargest': {
      const a = at(operation.a);
      const { blockSize, count } = operation;
      return fill(shape, (row, column) => {
        const start = column - (column % blockSize);
        const size = Math.min(blockSize, shape[1] - start);
        const block = Array.from({ length: size }, (_, offset) => element(a, row, start + offset));
        const least = block.sort((x, y) => y - x)[Math.min(count, size) - 1] as number;
        const value = element(a, row, column);
        return value >= least ? value : 0;
      });
    }
    case 'sliceRows': {
      const { data } = at(operation.a);
      return data.slice(operation.start * shape[1], operation.end * shape[1]);
    }
    case 'sliceColumns': {
      const a = at(operation.a);
      return fill(shape, (row, column) => element(a, row, operation.start + column));
    }
    case 'concatRows': {
      const [a, b] = [at(operation.a), at(operation.b)];
      const data = new Float64Array(sizeOf(shape));
      data.set(a.data);
      data.set(b.data, a.data.length);
      return data;
    }
    case 'addRepeated': {
      const [a, b] = [at(operation.a), at(operation.b)];
      return fill(shape, (row, column) => element(a, row, column) + element(b, row % b.shape[0], column));
    }
    case 'sumRepeats': {
      const a = at(operation.a);
      const repeats = a.shape[0] / shape[0];
      return fill(shape, (row, column) => sum(repeats, (repeat) => element(a, repeat * shape[0] + row, column)));
    }
    case 'add':
    case 'sub':
    case 'mul':
    case 'div': {
      const combine = BINARY[operation.op];
      const [a, b] = [at(operation.a), at(operation.b)];
      return fill(shape, (row, column) => combine(element(a, row, column), element(b, row, column)));
    }
    default:
      return at(operation.a).data.map(UNARY[operation.op]);
  }
}

function gemm(
  { beta, transposeA, transposeB }: Extract<Operation, { op: 'gemm' }>,
  a: Matrix,
  b: Matrix,
  c: Matrix | undefined,
  shape: Shape,
): Float64Array {
  const inner = a.shape[transposeA ? 0 : 1];
  const ofA = (row: number, k: number): number => (transposeA ? element(a, k, row) : element(a, row, k));
  const ofB = (k: number, column: number): number => (transposeB ? element(b, column, k) : element(b, k, column));
  return fill(shape, (row, column) => {
    const product = sum(inner, (k) => ofA(row, k) * ofB(k, column));
    return c === undefined ? product : product + beta * element(c, row, column);
  });
}

/** An element of the broadcast matrix: a dimension of 1 is read at 0. */
function element({ shape, data }: Matrix, row: number, column: number): number {
  return data[(shape[0] === 1 ? 0 : row) * shape[1] + (shape[1] === 1 ? 0 : column)] as number;
}

function sum(count: number, term: (index: number) => number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total += term(index);
  return total;
}

function fill(shape: Shape, value: (row: number, column: number) => number): Float64Array {
  const data = new Float64Array(sizeOf(shape));
  for (let row = 0, at = 0; row < shape[0]; row++) {
    for (let column = 0; column < shape[1]; column++, at++) data[at] = value(row, column);
  }
  return data;
}
