import type { Graph, GraphNode, Operation, Shape, Unary } from '@layerline/ops';
import protobuf from 'protobufjs/minimal.js';
import {
  BYTES,
  ENTRY,
  FLOAT,
  GRAPH,
  IR_VERSION,
  MODEL,
  NODE,
  OPSET,
  OPSET_ID,
  VARINT,
  message,
  tag,
  writeAttribute,
  writeInitializer,
  writeValueInfo,
} from './onnx-proto.js';
import type { Attribute, Writer } from './onnx-proto.js';
import type { Standalone } from './standalone.js';

const BINARY = { add: 'Add', sub: 'Sub', mul: 'Mul', div: 'Div' } as const;
const UNARY: Record<Exclude<Unary, 'step'>, string> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  softplus: 'Softplus',
  tanh: 'Tanh',
  sqrt: 'Sqrt',
  negate: 'Neg',
};

/**
 * Encodes a graph as an ONNX model. Its inputs keep their names; for outputs see {@link outputName}: a model that stands alone has
 * those of the graph.
 * @returns the bytes of a `ModelProto`
 */
export function toOnnx(graph: Graph, standalone?: Standalone): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(MODEL.irVersion, VARINT)).int64(IR_VERSION);
  writer.uint32(tag(MODEL.producer, BYTES)).string('layerline');
  message(writer, MODEL.graph, (body) => new GraphRecorder(graph, body, standalone).record());
  message(writer, MODEL.opset, (opset) => opset.uint32(tag(OPSET_ID.version, VARINT)).int64(OPSET));
  for (const [key, value] of Object.entries(standalone?.metadata ?? {})) {
    message(writer, MODEL.metadata, (entry) => {
      entry.uint32(tag(ENTRY.key, BYTES)).string(key);
      entry.uint32(tag(ENTRY.value, BYTES)).string(value);
    });
  }
  return writer.finish();
}

/**
 * Writes one graph's nodes. Value `id` of the graph is the ONNX value `%<id>`, or has the name of its input or output.
 */
class GraphRecorder {
  readonly #names: string[];
  #helpers = 0;

  constructor(
    readonly graph: Graph,
    readonly writer: Writer,
    readonly standalone: Standalone | undefined,
  ) {
    this.#names = graph.nodes.map((node, id) => (node.operation.op === 'input' ? node.operation.name : `%${id}`));
    for (const [name, id] of graph.outputs) {
      if (this.#names[id] === `%${id}`) this.#names[id] = this.#outputName(name);
    }
  }

  record(): void {
    this.writer.uint32(tag(GRAPH.name, BYTES)).string(this.graph.name);
    this.graph.nodes.forEach((node, id) => this.#node(node, id));
    for (const [name, id] of this.graph.outputs) {
      const result = this.#outputName(name);
      if (this.#name(id) !== result) this.#emit('Identity', [this.#name(id)], result);
    }
    for (const [name, id] of this.graph.inputs) {
      const parameter = this.standalone?.parameters.get(name);
      if (parameter === undefined) this.#valueInfo(GRAPH.input, name, id);
      else writeInitializer(this.writer, name, this.#shapeOf(id), { raw: parameter });
    }
    for (const [name, id] of this.graph.outputs) this.#valueInfo(GRAPH.output, this.#outputName(name), id);
  }

  #outputName(name: string): string {
    return this.standalone === undefined ? outputName(name) : name;
  }

  /** A number of rows in a shape; 0 is that of the matrix that is given another one. */
  #rowsOf(rows: number): number {
    return this.standalone === undefined ? rows : 0;
  }

  #node({ operation, shape }: GraphNode, id: number): void {
    const result = this.#name(id);
    switch (operation.op) {
      case 'input':
        return;
      case 'constant':
        return writeInitializer(this.writer, result, [1, 1], { floats: [operation.value] });
      case 'identity':
        return writeInitializer(this.writer, result, shape, { floats: identity(shape) });
      case 'gemm':
        return this.#gemm(operation, result);
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
        return this.#emit(BINARY[operation.op], [this.#name(operation.a), this.#name(operation.b)], result);
      case 'step':
        return this.#step(operation.a, result);
      case 'sumRows':
        return this.#emit('ReduceSum', [this.#name(operation.a), this.#ints([0])], result);
      case 'sumColumns':
        return this.#emit('ReduceSum', [this.#name(operation.a), this.#ints([1])], result);
      case 'softmax':
        return this.#emit('Softmax', [this.#name(operation.a)], result, [{ name: 'axis', int: 1 }]);
      case 'blockSums':
        return this.#blockSums(this.#name(operation.a), this.#shapeOf(operation.a), operation.blockSize, result);
      case 'blockSumSquares':
        return this.#blockSumSquares(operation.a, operation.blockSize, result);
      case 'keepLargest':
        return this.#keepLargest(operation, shape, result);
      case 'sliceRows':
      case 'sliceColumns': {
        const { start, end } = operation;
        return this.#slice(this.#name(operation.a), { axis: operation.op === 'sliceRows' ? 0 : 1, start, end }, result);
      }
      case 'concatRows':
        return this.#emit('Concat', [this.#name(operation.a), this.#name(operation.b)], result, [
          { name: 'axis', int: 0 },
        ]);
      case 'addRepeated':
        return this.#addRepeated(operation.a, operation.b, shape, result);
      case 'sumRepeats':
        return this.#sumRepeats(operation.a, shape, result);
      default:
        return this.#emit(UNARY[operation.op], [this.#name(operation.a)], result);
    }
  }

  /**
   * A transposed first factor is transposed by an operation of its own: the library's product would do it again for
   * every 128 columns. The library packs the second factor either way, and faster if it is transposed, as it then reads
   * whole rows.
   */
  #gemm(operation: Extract<Operation, { op: 'gemm' }>, result: string): void {
    const a = operation.transposeA ? this.#transposed(operation.a) : this.#name(operation.a);
    const inputs = [a, this.#name(operation.b)];
    const attributes: Attribute[] = [];
    if (operation.transposeB) attributes.push({ name: 'transB', int: 1 });
    if (operation.c !== undefined) {
      inputs.push(this.#name(operation.c));
      attributes.push({ name: 'beta', float: operation.beta });
    }
    this.#emit('Gemm', inputs, result, attributes);
  }

  #transposed(a: number): string {
    const result = this.#helper();
    this.#emit('Transpose', [this.#name(a)], result);
    return result;
  }

  /** The sign of what a ReLU lets through: 1 above zero, else 0. */
  #step(a: number, result: string): void {
    const positive = this.#helper();
    this.#emit('Relu', [this.#name(a)], positive);
    this.#emit('Sign', [positive], result);
  }

  /** A product and a sum, which together are faster than ReduceSumSquare. */
  #blockSumSquares(a: number, blockSize: number, result: string): void {
    const squares = this.#helper();
    this.#emit('Mul', [this.#name(a), this.#name(a)], squares);
    this.#blockSums(squares, this.#shapeOf(a), blockSize, result);
  }

  #blockSums(a: string, shape: Shape, blockSize: number, result: string): void {
    if (blockSize >= shape[1]) return this.#emit('ReduceSum', [a, this.#ints([1])], result);
    const split = this.#split(a, shape, blockSize);
    this.#emit('ReduceSum', [split, this.#ints([2])], result, [{ name: 'keepdims', int: 0 }]);
  }

  /** Blocks of columns along a third axis, the last one padded with zeros. */
  #split(a: string, [rows, columns]: Shape, blockSize: number): string {
    const blocks = Math.ceil(columns / blockSize);
    let whole = a;
    const padding = blocks * blockSize - columns;
    if (padding > 0) {
      whole = this.#helper();
      this.#emit('Pad', [a, this.#ints([0, 0, 0, padding])], whole);
    }
    const split = this.#helper();
    this.#emit('Reshape', [whole, this.#ints([this.#rowsOf(rows), blocks, blockSize])], split);
    return split;
  }

  /** Compares with the least of the largest, in order not to depend on which of several equal numbers TopK names. */
  #keepLargest({ a, count, blockSize }: Extract<Operation, { op: 'keepLargest' }>, shape: Shape, result: string): void {
    const [rows, columns] = shape;
    const blocks = Math.ceil(columns / blockSize);
    const split = this.#split(this.#name(a), shape, blockSize);
    const [largest, places, least] = [this.#helper(), this.#helper(), this.#helper()];
    this.#emit('TopK', [split, this.#ints([count])], [largest, places]);
    this.#slice(largest, { axis: 2, start: count - 1, end: count }, least);
    const [isKept, ones, kept] = [this.#helper(), this.#helper(), this.#helper()];
    this.#emit('GreaterOrEqual', [split, least], isKept);
    this.#emit('Cast', [isKept], ones, [{ name: 'to', int: FLOAT }]);
    this.#emit('Mul', [split, ones], kept);
    const padded = blocks * blockSize;
    if (padded === columns) return this.#emit('Reshape', [kept, this.#ints([this.#rowsOf(rows), columns])], result);
    const joined = this.#helper();
    this.#emit('Reshape', [kept, this.#ints([this.#rowsOf(rows), padded])], joined);
    this.#slice(joined, { axis: 1, start: 0, end: columns }, result);
  }

  #addRepeated(a: number, b: number, shape: Shape, result: string): void {
    const [stacked, sum] = [this.#helper(), this.#helper()];
    const [rows, columns] = this.#shapeOf(b);
    this.#emit('Reshape', [this.#name(a), this.#ints([shape[0] / rows, rows, columns])], stacked);
    this.#emit('Add', [stacked, this.#name(b)], sum);
    this.#emit('Reshape', [sum, this.#ints(shape)], result);
  }

  /** Slices, added one by one: a ReduceSum over a few long rows takes several times as long. */
  #sumRepeats(a: number, [rows]: Shape, result: string): void {
    const repeats = this.#shapeOf(a)[0] / rows;
    if (repeats === 1) return this.#emit('Identity', [this.#name(a)], result);
    let sum: string | undefined;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const slice = this.#helper();
      this.#slice(this.#name(a), { axis: 0, start: repeat * rows, end: (repeat + 1) * rows }, slice);
      const next = repeat === repeats - 1 ? result : this.#helper();
      if (sum !== undefined) this.#emit('Add', [sum, slice], next);
      sum = sum === undefined ? slice : next;
    }
  }

  #slice(a: string, { axis, start, end }: { axis: number; start: number; end: number }, result: string): void {
    this.#emit('Slice', [a, this.#ints([start]), this.#ints([end]), this.#ints([axis])], result);
  }

  #emit(
    type: string,
    inputs: readonly string[],
    outputs: string | readonly string[],
    attributes: readonly Attribute[] = [],
  ): void {
    message(this.writer, GRAPH.node, (node) => {
      for (const input of inputs) node.uint32(tag(NODE.input, BYTES)).string(input);
      for (const output of [outputs].flat()) node.uint32(tag(NODE.output, BYTES)).string(output);
      node.uint32(tag(NODE.type, BYTES)).string(type);
      for (const attribute of attributes) message(node, NODE.attribute, (body) => writeAttribute(body, attribute));
    });
  }

  /** An initializer of 64-bit integers, which is how ONNX takes axes, shapes and ranges. */
  #ints(values: readonly number[]): string {
    const name = this.#helper();
    writeInitializer(this.writer, name, [values.length], { int64s: values });
    return name;
  }

  #valueInfo(field: number, name: string, id: number): void {
    const [rows, columns] = this.#shapeOf(id);
    writeValueInfo(this.writer, field, name, [this.standalone?.rows ?? rows, columns]);
  }

  #shapeOf(id: number): Shape {
    return (this.graph.nodes[id] as GraphNode).shape;
  }

  #name(id: number): string {
    return this.#names[id] as string;
  }

  #helper(): string {
    return `%h${this.#helpers++}`;
  }
}

function identity([rows, columns]: Shape): number[] {
  return Array.from({ length: rows * columns }, (_, at) => Number(Math.floor(at / columns) === at % columns));
}

/** Outputs have a namespace of their own, since a graph may update an input of the same name in place. */
export function outputName(name: string): string {
  return `${name}'`;
}
