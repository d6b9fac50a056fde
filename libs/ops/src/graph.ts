import { GraphError } from './errors.js';
import { broadcast, describe, sameShape, transposed } from './shape.js';
import type { Shape } from './shape.js';

/** A matrix inside one graph, made by its {@link GraphBuilder}. */
export interface Value {
  readonly id: number;
  readonly shape: Shape;
}

/** An operation of a graph. `a`, `b` and `c` are ids of the values it reads; it makes the value with its own id. */
export type Operation =
  | { readonly op: 'input'; readonly name: string }
  | { readonly op: 'constant'; readonly value: number }
  | { readonly op: 'identity' }
  | {
      /** op(a) · op(b) + beta · c, with op(a) = aᵀ when `transposeA` and op(b) = bᵀ when `transposeB`. */
      readonly op: 'gemm';
      readonly a: number;
      readonly b: number;
      readonly c: number | undefined;
      readonly beta: number;
      readonly transposeA: boolean;
      readonly transposeB: boolean;
    }
  | { readonly op: Binary; readonly a: number; readonly b: number }
  | { readonly op: Unary; readonly a: number }
  | { readonly op: 'sumRows' | 'sumColumns' | 'softmax'; readonly a: number }
  | { readonly op: 'blockSums' | 'blockSumSquares'; readonly a: number; readonly blockSize: number }
  | { readonly op: 'keepLargest'; readonly a: number; readonly blockSize: number; readonly count: number }
  | { readonly op: 'sliceRows' | 'sliceColumns'; readonly a: number; readonly start: number; readonly end: number }
  | { readonly op: 'concatRows' | 'addRepeated'; readonly a: number; readonly b: number }
  | { readonly op: 'sumRepeats'; readonly a: number };

/** Elementwise with broadcasting: a dimension of 1 stretches to the other operand's. */
export type Binary = 'add' | 'sub' | 'mul' | 'div';
/** Elementwise. `step` is 1 where its operand is above 0, else 0. */
export type Unary = 'relu' | 'sigmoid' | 'softplus' | 'tanh' | 'sqrt' | 'step' | 'negate';

export interface GraphNode {
  readonly operation: Operation;
  readonly shape: Shape;
}

/** A straight-line computation over matrices, as data for an engine to compile. A node's id is its index. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number>;
}

/** What a product may have besides its two factors. */
export interface GemmOptions {
  readonly c?: Value;
  readonly beta?: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * Records a graph operation by operation and checks every shape as it goes.
 * All methods throw {@link GraphError} when shapes do not fit.
 */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #inputs = new Map<string, number>();
  readonly #outputs = new Map<string, number>();

  constructor(readonly name: string) {}

  /** A matrix that the caller supplies at each run. */
  input(name: string, shape: Shape): Value {
    if (this.#inputs.has(name)) throw new GraphError(this.name, `has two inputs named "${name}"`);
    const value = this.#add({ op: 'input', name }, shape);
    this.#inputs.set(name, value.id);
    return value;
  }

  /** A 1 × 1 constant. */
  constant(value: number): Value {
    return this.#add({ op: 'constant', value }, [1, 1]);
  }

  /** Ones on the diagonal, zeros elsewhere. */
  identity(shape: Shape): Value {
    return this.#add({ op: 'identity' }, shape);
  }

  /**
   * a · b, with aᵀ for a where `transposeA` and bᵀ for b where `transposeB`, plus `beta` · c where c is given. c may be
   * a bias of one row only if beta is 1.
   */
  gemm(a: Value, b: Value, options: GemmOptions = {}): Value {
    const { c, beta = 1, transposeA = false, transposeB = false } = options;
    const [rows, inner] = transposeA ? transposed(a.shape) : a.shape;
    const [depth, columns] = transposeB ? transposed(b.shape) : b.shape;
    if (inner !== depth) {
      const how = [...(transposeA ? ['transposeA'] : []), ...(transposeB ? ['transposeB'] : [])].join(', ');
      throw this.#mismatch(how === '' ? 'gemm' : `gemm (${how})`, a, b);
    }
    const shape: Shape = [rows, columns];
    if (c !== undefined && !sameShape(c.shape, shape) && !(beta === 1 && sameShape(c.shape, [1, shape[1]]))) {
      const right = `${describe(shape)}, or 1 × ${shape[1]} with beta 1`;
      throw new GraphError(this.name, `has a gemm with beta ${beta} and a ${describe(c.shape)} c; c can be ${right}`);
    }
    return this.#add({ op: 'gemm', a: a.id, b: b.id, c: c?.id, beta, transposeA, transposeB }, shape);
  }

  add(a: Value, b: Value): Value {
    return this.#binary('add', a, b);
  }

  sub(a: Value, b: Value): Value {
    return this.#binary('sub', a, b);
  }

  mul(a: Value, b: Value): Value {
    return this.#binary('mul', a, b);
  }

  div(a: Value, b: Value): Value {
    return this.#binary('div', a, b);
  }

  /** `a` times a number, or `a` itself where the number is 1. */
  scale(a: Value, factor: number): Value {
    return factor === 1 ? a : this.mul(a, this.constant(factor));
  }

  relu(a: Value): Value {
    return this.#unary('relu', a);
  }

  sigmoid(a: Value): Value {
    return this.#unary('sigmoid', a);
  }

  /** log(1 + exp(a)), computed without overflow. */
  softplus(a: Value): Value {
    return this.#unary('softplus', a);
  }

  tanh(a: Value): Value {
    return this.#unary('tanh', a);
  }

  sqrt(a: Value): Value {
    return this.#unary('sqrt', a);
  }

  step(a: Value): Value {
    return this.#unary('step', a);
  }

  negate(a: Value): Value {
    return this.#unary('negate', a);
  }

  /** Sums the rows: [R, C] to [1, C]. */
  sumRows(a: Value): Value {
    return this.#add({ op: 'sumRows', a: a.id }, [1, a.shape[1]]);
  }

  /** Sums the columns: [R, C] to [R, 1]. */
  sumColumns(a: Value): Value {
    return this.#add({ op: 'sumColumns', a: a.id }, [a.shape[0], 1]);
  }

  /** exp(a) divided by its sum over each row, computed without overflow: rows of probabilities. */
  softmax(a: Value): Value {
    return this.#add({ op: 'softmax', a: a.id }, a.shape);
  }

  /**
   * The sum of each block of `blockSize` adjacent columns, the last block padded with zeros:
   * [R, C] to [R, ⌈C / blockSize⌉]. Blocks are summed one by one so that shards of a layer can exchange them.
   */
  blockSums(a: Value, blockSize: number): Value {
    return this.#add({ op: 'blockSums', a: a.id, blockSize }, [a.shape[0], Math.ceil(a.shape[1] / blockSize)]);
  }

  /** The sum of squares of each block of columns, as {@link blockSums}. */
  blockSumSquares(a: Value, blockSize: number): Value {
    return this.#add({ op: 'blockSumSquares', a: a.id, blockSize }, [a.shape[0], Math.ceil(a.shape[1] / blockSize)]);
  }

  /**
   * `a` with zeros in place of all but the `count` largest numbers of each row and block of `blockSize` adjacent columns;
   * those that equal the least of them stay, too. The last block may have fewer columns, of which all stay if they are no
   * more than `count`.
   * @param a numbers of at least 0 @param count from 1 to `blockSize`
   */
  keepLargest(a: Value, count: number, blockSize: number): Value {
    if (!Number.isInteger(count) || count < 1 || count > blockSize) {
      throw new GraphError(this.name, `cannot keep the ${count} largest of ${blockSize} columns`);
    }
    return this.#add({ op: 'keepLargest', a: a.id, blockSize, count }, a.shape);
  }

  /** Rows `start` (inclusive) to `end` (exclusive). */
  sliceRows(a: Value, start: number, end: number): Value {
    this.#checkSlice('rows', a, start, end, a.shape[0]);
    return this.#add({ op: 'sliceRows', a: a.id, start, end }, [end - start, a.shape[1]]);
  }

  /** Columns `start` (inclusive) to `end` (exclusive). */
  sliceColumns(a: Value, start: number, end: number): Value {
    this.#checkSlice('columns', a, start, end, a.shape[1]);
    return this.#add({ op: 'sliceColumns', a: a.id, start, end }, [a.shape[0], end - start]);
  }

  /** `a` on top of `b`. */
  concatRows(a: Value, b: Value): Value {
    if (a.shape[1] !== b.shape[1]) throw this.#mismatch('concatRows', a, b);
    return this.#add({ op: 'concatRows', a: a.id, b: b.id }, [a.shape[0] + b.shape[0], a.shape[1]]);
  }

  /** `a` plus `b` repeated k times below itself: [k R, C] and [R, C] to [k R, C]. */
  addRepeated(a: Value, b: Value): Value {
    if (a.shape[1] !== b.shape[1] || a.shape[0] % b.shape[0] !== 0) throw this.#mismatch('addRepeated', a, b);
    return this.#add({ op: 'addRepeated', a: a.id, b: b.id }, a.shape);
  }

  /**
   * Sums every `rows`-th row, to which {@link addRepeated} would add the same one: [k R, C] to [R, C] for R = `rows`.
   */
  sumRepeats(a: Value, rows: number): Value {
    if (a.shape[0] % rows !== 0) {
      throw new GraphError(
        this.name,
        `cannot sum a ${describe(a.shape)} matrix to ${rows} rows: it has no multiple of that`,
      );
    }
    return this.#add({ op: 'sumRepeats', a: a.id }, [rows, a.shape[1]]);
  }

  /** Names a value as a result of the graph. */
  output(name: string, value: Value): void {
    if (this.#outputs.has(name)) throw new GraphError(this.name, `has two outputs named "${name}"`);
    this.#outputs.set(name, value.id);
  }

  /** The graph as recorded so far. */
  build(): Graph {
    if (this.#outputs.size === 0) throw new GraphError(this.name, 'has no output');
    return {
      name: this.name,
      nodes: [...this.#nodes],
      inputs: new Map(this.#inputs),
      outputs: new Map(this.#outputs),
    };
  }

  #checkSlice(what: string, a: Value, start: number, end: number, size: number): void {
    if (Number.isInteger(start) && start >= 0 && end <= size && start < end) return;
    throw new GraphError(this.name, `cannot slice ${what} ${start} to ${end} of a ${describe(a.shape)} matrix`);
  }

  #unary(op: Unary, a: Value): Value {
    return this.#add({ op, a: a.id }, a.shape);
  }

  #binary(op: Binary, a: Value, b: Value): Value {
    const shape = broadcast(a.shape, b.shape);
    if (shape === undefined) throw this.#mismatch(op, a, b);
    return this.#add({ op, a: a.id, b: b.id }, shape);
  }

  #add(operation: Operation, shape: Shape): Value {
    if (!shape.every((size) => Number.isSafeInteger(size) && size > 0)) {
      throw new GraphError(this.name, `gives ${operation.op} the shape ${describe(shape)}; sizes are integers above 0`);
    }
    const id = this.#nodes.push({ operation, shape }) - 1;
    return { id, shape };
  }

  #mismatch(op: string, a: Value, b: Value): GraphError {
    return new GraphError(this.name, `cannot ${op} a ${describe(a.shape)} matrix with a ${describe(b.shape)} one`);
  }
}
