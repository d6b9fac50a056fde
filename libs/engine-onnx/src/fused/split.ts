import { sameShape, sizeOf } from '@layerline/ops';
import type { Binary, Graph, GraphNode, Operation, Shape } from '@layerline/ops';
import { moveOperands, operandsOf } from '../operands.js';
import { updateShape } from '../tiling.js';

/** An update of fewer operations is left to the library, which does it in as few passes. */
const MIN_OPERATIONS = 4;
/** Smaller matrices stay in the cache, where many passes take little time. */
const MIN_NUMBERS = 2 ** 16;

/** What a kernel can compute, element by element. */
export type KernelOperation =
  | { readonly op: Binary; readonly a: number; readonly b: number }
  | { readonly op: 'sqrt' | 'negate'; readonly a: number };

/**
 * Elementwise operations over matrices of one shape, in one pass. Values are identified by their ids in the whole
 * graph.
 */
export interface Kernel {
  readonly shape: Shape;
  /** Matrices that are read, in order: the name of an input of the whole graph, or of an output of {@link Split.rest}. */
  readonly matrices: ReadonlyMap<number, string>;
  /** 1 × 1 values that are read, likewise. */
  readonly scalars: ReadonlyMap<number, string>;
  readonly constants: ReadonlyMap<number, number>;
  readonly operations: ReadonlyMap<number, KernelOperation>;
  /** Ids of what is written, by the names of the whole graph's outputs. */
  readonly outputs: ReadonlyMap<string, number>;
}

/** A graph in two parts: the second takes what the first computes. */
export interface Split {
  readonly rest: Graph;
  readonly kernel: Kernel;
}

/**
 * Separates an optimizer's update from the products that it needs. The library runs one operation after the other over
 * the whole of the weights, ten passes for Adam; a kernel reads and writes each number once.
 * @returns undefined if the graph has no such update, or a short or small one
 */
export function splitUpdate(graph: Graph, minNumbers = MIN_NUMBERS): Split | undefined {
  const shape = updateShape(graph);
  if (shape === undefined || sizeOf(shape) < minNumbers) return undefined;
  const { nodes } = graph;
  const inside = nodes.map((node) => sameShape(node.shape, shape) && isElementwise(node.operation));
  const nodeAt = (id: number): GraphNode => nodes[id] as GraphNode;
  const fits = nodes.every(({ operation }, id) => {
    const operands = operandsOf(operation);
    if (inside[id] !== true) return operands.every((operand) => inside[operand] !== true);
    return operands.every((operand) => {
      const {
        shape: [rows, columns],
      } = nodeAt(operand);
      return sameShape(nodeAt(operand).shape, shape) || (rows === 1 && columns === 1);
    });
  });
  if (!fits || inside.filter(Boolean).length < MIN_OPERATIONS) return undefined;
  return new Splitter(graph, shape, inside).split();
}

function isElementwise({ op }: Operation): boolean {
  return op === 'add' || op === 'sub' || op === 'mul' || op === 'div' || op === 'sqrt' || op === 'negate';
}

class Splitter {
  readonly #matrices = new Map<number, string>();
  readonly #scalars = new Map<number, string>();
  readonly #constants = new Map<number, number>();
  readonly #operations = new Map<number, KernelOperation>();
  /** What the rest passes to the kernel, by name. */
  readonly #intermediates = new Map<string, number>();

  constructor(
    readonly graph: Graph,
    readonly shape: Shape,
    readonly inside: readonly boolean[],
  ) {}

  split(): Split {
    const { nodes, outputs } = this.graph;
    nodes.forEach(({ operation }, id) => {
      if (this.inside[id] !== true) return;
      this.#operations.set(id, operation as KernelOperation);
      for (const operand of operandsOf(operation)) this.#read(operand);
    });
    const isInside = ([, id]: readonly [string, number]): boolean => this.inside[id] === true;
    const kernel: Kernel = {
      shape: this.shape,
      matrices: this.#matrices,
      scalars: this.#scalars,
      constants: this.#constants,
      operations: this.#operations,
      outputs: new Map([...outputs].filter(isInside)),
    };
    return { kernel, rest: this.#rest(new Map([...outputs].filter((output) => !isInside(output)))) };
  }

  #read(id: number): void {
    if (this.inside[id] === true) return;
    const { operation, shape } = this.graph.nodes[id] as GraphNode;
    if (operation.op === 'constant') this.#constants.set(id, operation.value);
    else if (sameShape(shape, this.shape)) this.#matrices.set(id, this.#nameOf(id, operation));
    else this.#scalars.set(id, this.#nameOf(id, operation));
  }

  #nameOf(id: number, operation: Operation): string {
    if (operation.op === 'input') return operation.name;
    const name = `#${id}`;
    this.#intermediates.set(name, id);
    return name;
  }

  /** Everything that the kernel does not compute, without inputs that only the kernel reads. */
  #rest(outputs: ReadonlyMap<string, number>): Graph {
    const wanted = new Map([...outputs, ...this.#intermediates]);
    const needed = new Set(wanted.values());
    const { nodes, name } = this.graph;
    for (let id = nodes.length - 1; id >= 0; id--) {
      if (needed.has(id)) for (const operand of operandsOf((nodes[id] as GraphNode).operation)) needed.add(operand);
    }
    const ids = new Map([...needed].sort((a, b) => a - b).map((id, index) => [id, index] as const));
    const moved = Array.from(ids.keys(), (id) => {
      const { operation, shape } = nodes[id] as GraphNode;
      return { operation: moveOperands(operation, ids), shape };
    });
    const inputs = [...this.graph.inputs].flatMap(([input, id]) => {
      const at = ids.get(id);
      return at === undefined ? [] : [[input, at] as const];
    });
    const moveOutput = ([output, id]: [string, number]): [string, number] => [output, ids.get(id) as number];
    return { name, nodes: moved, inputs: new Map(inputs), outputs: new Map([...wanted].map(moveOutput)) };
  }
}
