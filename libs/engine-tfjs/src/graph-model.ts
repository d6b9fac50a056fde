import type { Graph, GraphNode, Operation } from '@layerline/ops';

/** A model in the files of TensorFlow.js' graph models: the topology and manifest, and all weights one after the other. */
export interface GraphModel {
  /** `model.json`, which names {@link WEIGHTS_FILE}. */
  readonly topology: object;
  readonly weights: Uint8Array;
}

export const WEIGHTS_FILE = 'weights.bin';

export interface GraphModelOptions {
  /** Values of inputs that go into the model, by name. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** The input that is left, with as many rows as it is given. */
  readonly rows: string;
  readonly metadata: Readonly<Record<string, string>>;
}

const FLOAT = { type: 'DT_FLOAT' };
const BINARY = { add: 'AddV2', sub: 'Sub', mul: 'Mul', div: 'RealDiv' } as const;
const UNARY = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  softplus: 'Softplus',
  tanh: 'Tanh',
  sqrt: 'Sqrt',
  negate: 'Neg',
} as const;

/** A node of a graph, in the JSON form of TensorFlow's GraphDef. */
interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, object>>;
}

/**
 * A graph as a model that TensorFlow.js loads with `loadGraphModel`. In it, values have as many rows as the input, which the graph
 * may not count on: it has the rows only of its own.
 * @param graph made for any number of rows, but not for one
 * @throws RangeError for an operation that depends on the number of rows
 */
export function toGraphModel(graph: Graph, { parameters, rows, metadata }: GraphModelOptions): GraphModel {
  const writer = new ModelWriter(graph, parameters);
  graph.nodes.forEach((node, id) => writer.add(node, id));
  const tensor = ([, width]: readonly [number, number]): object => ({
    dtype: 'DT_FLOAT',
    tensorShape: { dim: [{ size: '-1' }, { size: `${width}` }] },
  });
  const outputs = Array.from(graph.outputs, ([name, id]) => {
    // An output has its name in the graph by a node that passes it on.
    writer.name(name, id);
    return [name, { name: `${name}:0`, ...tensor(graph.nodes[id]?.shape ?? [0, 0]) }] as const;
  });
  const shapeOfRows = graph.nodes[graph.inputs.get(rows) ?? 0]?.shape ?? [0, 0];
  return {
    topology: {
      format: 'graph-model',
      generatedBy: 'Layerline',
      convertedBy: null,
      modelTopology: { node: writer.nodes, versions: { producer: 1882 } },
      signature: {
        inputs: { [rows]: { name: `${rows}:0`, ...tensor(shapeOfRows) } },
        outputs: Object.fromEntries(outputs),
      },
      userDefinedMetadata: metadata,
      weightsManifest: [{ paths: [WEIGHTS_FILE], weights: writer.manifest }],
    },
    weights: writer.weights,
  };
}

class ModelWriter {
  readonly nodes: NodeDef[] = [];
  readonly manifest: { name: string; shape: number[]; dtype: 'float32' | 'int32' }[] = [];
  readonly #data: Uint8Array[] = [];
  readonly #names: string[] = [];

  constructor(
    readonly graph: Graph,
    readonly parameters: ReadonlyMap<string, Float32Array>,
  ) {}

  get weights(): Uint8Array {
    return Buffer.concat(this.#data);
  }

  add({ operation, shape }: GraphNode, id: number): void {
    this.#names[id] = operation.op === 'input' ? operation.name : `value-${id}`;
    const name = this.#nameOf(id);
    const of = (...ids: readonly number[]): string[] => ids.map((each) => this.#nameOf(each));
    switch (operation.op) {
      case 'input': {
        const data = this.parameters.get(operation.name);
        if (data !== undefined) return this.#constant(name, [...shape], data);
        const open = { shape: { dim: [{ size: '-1' }, { size: `${shape[1]}` }] } };
        this.nodes.push({ name, op: 'Placeholder', attr: { dtype: FLOAT, shape: open } });
        return;
      }
      case 'constant':
        return this.#constant(name, [1, 1], Float32Array.of(operation.value));
      case 'identity':
        return this.#constant(name, [...shape], identity(shape));
      case 'gemm':
        return this.#gemm(operation, name);
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
        return this.#emit(name, BINARY[operation.op], of(operation.a, operation.b));
      case 'step':
        this.#emit(`${name}/positive`, 'Relu', of(operation.a));
        return this.#emit(name, 'Sign', [`${name}/positive`]);
      case 'sumRows':
        return this.#reduce(name, 'Sum', this.#nameOf(operation.a), [0], true);
      case 'sumColumns':
        return this.#reduce(name, 'Sum', this.#nameOf(operation.a), [1], true);
      case 'softmax':
        return this.#emit(name, 'Softmax', of(operation.a));
      case 'blockSums':
        return this.#blockSums(name, this.#nameOf(operation.a), this.#columnsOf(operation.a), operation.blockSize);
      case 'blockSumSquares': {
        this.#emit(`${name}/squares`, 'Mul', of(operation.a, operation.a));
        return this.#blockSums(name, `${name}/squares`, this.#columnsOf(operation.a), operation.blockSize);
      }
      case 'keepLargest':
        return this.#keepLargest(operation, shape[1], name);
      case 'sliceColumns':
        return this.#slice(
          name,
          this.#nameOf(operation.a),
          [0, operation.start],
          [-1, operation.end - operation.start],
        );
      case 'sliceRows':
        return this.#slice(
          name,
          this.#nameOf(operation.a),
          [operation.start, 0],
          [operation.end - operation.start, -1],
        );
      case 'concatRows':
      case 'addRepeated':
      case 'sumRepeats':
        throw new RangeError(`${operation.op} depends on the number of rows, which such a model leaves open`);
      default:
        return this.#emit(name, UNARY[operation.op], of(operation.a));
    }
  }

  name(name: string, id: number): void {
    this.#emit(name, 'Identity', [this.#nameOf(id)]);
  }

  #gemm({ a, b, c, beta, transposeA, transposeB }: Extract<Operation, { op: 'gemm' }>, name: string): void {
    const attr = { transpose_a: { b: transposeA }, transpose_b: { b: transposeB } };
    const product = c === undefined ? name : `${name}/product`;
    this.#emit(product, 'MatMul', [this.#nameOf(a), this.#nameOf(b)], attr);
    if (c === undefined) return;
    let added = this.#nameOf(c);
    if (beta !== 1) {
      this.#constant(`${name}/beta`, [1, 1], Float32Array.of(beta));
      this.#emit(`${name}/c`, 'Mul', [added, `${name}/beta`]);
      added = `${name}/c`;
    }
    this.#emit(name, 'AddV2', [product, added]);
  }

  /** Blocks along a third axis, the last one padded with zeros. @returns their name */
  #split(name: string, a: string, columns: number, blockSize: number): string {
    const blocks = Math.ceil(columns / blockSize);
    const padding = blocks * blockSize - columns;
    if (padding > 0) {
      this.#integers(`${name}/padding`, [2, 2], [0, 0, 0, padding]);
      this.#emit(`${name}/padded`, 'Pad', [a, `${name}/padding`]);
    }
    return this.#reshape(`${name}/split`, padding > 0 ? `${name}/padded` : a, [-1, blocks, blockSize]);
  }

  #blockSums(name: string, a: string, columns: number, blockSize: number): void {
    this.#reduce(name, 'Sum', this.#split(name, a, columns, blockSize), [2], false);
  }

  /** Compares with the least of the largest, in order not to depend on which of several equal numbers come first. */
  #keepLargest(
    { a, count, blockSize }: Extract<Operation, { op: 'keepLargest' }>,
    columns: number,
    name: string,
  ): void {
    const blocks = Math.ceil(columns / blockSize);
    const split = this.#split(name, this.#nameOf(a), columns, blockSize);
    this.#integers(`${name}/count`, [], [count]);
    this.#emit(`${name}/largest`, 'TopKV2', [split, `${name}/count`], { sorted: { b: true } });
    this.#slice(`${name}/least`, `${name}/largest`, [0, 0, count - 1], [-1, -1, 1]);
    this.#emit(`${name}/is-kept`, 'GreaterEqual', [split, `${name}/least`]);
    this.#emit(`${name}/ones`, 'Cast', [`${name}/is-kept`], { SrcT: { type: 'DT_BOOL' }, DstT: FLOAT });
    this.#emit(`${name}/kept`, 'Mul', [split, `${name}/ones`]);
    const joined = this.#reshape(`${name}/joined`, `${name}/kept`, [-1, blocks * blockSize]);
    this.#slice(name, joined, [0, 0], [-1, columns]);
  }

  #reshape(name: string, a: string, shape: readonly number[]): string {
    this.#integers(`${name}/shape`, [shape.length], shape);
    this.#emit(name, 'Reshape', [a, `${name}/shape`]);
    return name;
  }

  #slice(name: string, a: string, begin: readonly number[], size: readonly number[]): void {
    this.#integers(`${name}/begin`, [begin.length], begin);
    this.#integers(`${name}/size`, [size.length], size);
    this.#emit(name, 'Slice', [a, `${name}/begin`, `${name}/size`]);
  }

  #reduce(name: string, op: string, a: string, axes: readonly number[], keeps: boolean): void {
    this.#integers(`${name}/axes`, [axes.length], axes);
    this.#emit(name, op, [a, `${name}/axes`], { keep_dims: { b: keeps } });
  }

  #emit(name: string, op: string, input: readonly string[], attr: Readonly<Record<string, object>> = {}): void {
    this.nodes.push({ name, op, input, attr: { T: FLOAT, ...attr } });
  }

  #constant(name: string, shape: number[], data: Float32Array): void {
    this.nodes.push({ name, op: 'Const', attr: { dtype: FLOAT } });
    this.manifest.push({ name, shape, dtype: 'float32' });
    this.#data.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  #integers(name: string, shape: number[], values: readonly number[]): void {
    this.nodes.push({ name, op: 'Const', attr: { dtype: { type: 'DT_INT32' } } });
    this.manifest.push({ name, shape, dtype: 'int32' });
    this.#data.push(new Uint8Array(Int32Array.from(values).buffer));
  }

  #nameOf(id: number): string {
    return this.#names[id] as string;
  }

  #columnsOf(id: number): number {
    return this.graph.nodes[id]?.shape[1] ?? 0;
  }
}

function identity([rows, columns]: readonly [number, number]): Float32Array {
  const data = new Float32Array(rows * columns);
  for (let at = 0; at < Math.min(rows, columns); at++) data[at * columns + at] = 1;
  return data;
}
