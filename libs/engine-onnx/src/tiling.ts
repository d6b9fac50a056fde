import { sizeOf } from '@layerline/ops';
import type { Graph, GraphNode, Operation, Shape } from '@layerline/ops';
import { moveOperands, operandsOf } from './operands.js';

/** Elements per tile: 1 MB of fp32, so that an update's intermediate results stay in a core's second-level cache. */
const TILE_ELEMENTS = 2 ** 18;

/** The part of an input or output of the whole graph that one of the tiled graph stands for. */
export interface Tile {
  /** The input's or output's name in the whole graph. */
  readonly of: string;
  /** Its rows, or undefined for all of them. */
  readonly rows: readonly [start: number, end: number] | undefined;
}

export interface TiledGraph {
  readonly graph: Graph;
  /** In the order of the tiled graph's inputs and outputs. */
  readonly inputs: readonly Tile[];
  readonly outputs: readonly Tile[];
}

/**
 * Cuts an optimizer's update into tiles of rows. The library runs one operation after the other over whole matrices,
 * which, being as large as a layer's weights, do not stay in the cache in between: Adam's ten passes run at the speed
 * of memory. Everything of the weights' shape is elementwise or a product whose rows follow from columns of its first
 * operand, so each tile goes through all operations before the next one, with the same result.
 * @returns the graph as it is if it has no such part, or only small ones
 */
export function tileRows(graph: Graph, tileElements = TILE_ELEMENTS): TiledGraph {
  const shape = updateShape(graph);
  const count = shape === undefined ? 1 : Math.ceil(sizeOf(shape) / tileElements);
  if (shape === undefined || count === 1 || !separable(graph, shape)) return untiled(graph);
  return new Tiler(graph, shape).cut(Math.ceil(shape[0] / count));
}

/** A graph as it is, in one piece. */
export function untiled(graph: Graph): TiledGraph {
  const whole = (names: ReadonlyMap<string, number>): Tile[] =>
    Array.from(names.keys(), (of) => ({ of, rows: undefined }));
  return { graph, inputs: whole(graph.inputs), outputs: whole(graph.outputs) };
}

/** The shape of the largest product with a transposed first operand, as a weight gradient is. */
export function updateShape(graph: Graph): Shape | undefined {
  return graph.nodes
    .filter(({ operation }) => operation.op === 'gemm' && operation.transposeA)
    .map(({ shape }) => shape)
    .sort((a, b) => sizeOf(b) - sizeOf(a))[0];
}

/** Whether the rows of all values of this shape can be computed independently of each other. */
function separable({ nodes }: Graph, shape: Shape): boolean {
  const inside = (id: number): boolean => isOf(nodes[id] as GraphNode, shape);
  return nodes.every((node) => {
    const { operation } = node;
    if (!isOf(node, shape)) return operandsOf(operation).every((id) => !inside(id));
    switch (operation.op) {
      case 'input':
        return true;
      case 'gemm': {
        const { a, b, c, transposeA } = operation;
        return transposeA && !inside(a) && !inside(b) && (c === undefined || inside(c));
      }
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
        return [operation.a, operation.b].every((id) => inside(id) || (nodes[id] as GraphNode).shape[0] === 1);
      case 'relu':
      case 'sigmoid':
      case 'softplus':
      case 'tanh':
      case 'sqrt':
      case 'step':
      case 'negate':
        return true;
      default:
        return false;
    }
  });
}

class Tiler {
  readonly #nodes: GraphNode[] = [];
  readonly #inputs = new Map<string, number>();
  readonly #outputs = new Map<string, number>();
  readonly #inputTiles: Tile[] = [];
  readonly #outputTiles: Tile[] = [];

  constructor(
    readonly whole: Graph,
    readonly shape: Shape,
  ) {}

  cut(rowsPerTile: number): TiledGraph {
    const shared = new Map<number, number>();
    this.#copy(shared, false, undefined);
    for (let start = 0; start < this.shape[0]; start += rowsPerTile) {
      this.#copy(new Map(shared), true, [start, Math.min(start + rowsPerTile, this.shape[0])]);
    }
    const graph = { name: this.whole.name, nodes: this.#nodes, inputs: this.#inputs, outputs: this.#outputs };
    return { graph, inputs: this.#inputTiles, outputs: this.#outputTiles };
  }

  /** Copies the values of the tiled shape, for some rows, or all others. @param ids new ids by old ones */
  #copy(ids: Map<number, number>, tiled: boolean, rows: Tile['rows']): void {
    this.whole.nodes.forEach((node, id) => {
      if (isOf(node, this.shape) === tiled) ids.set(id, this.#copyNode(node, ids, rows));
    });
    for (const [name, id] of this.whole.outputs) {
      if (isOf(this.whole.nodes[id] as GraphNode, this.shape) !== tiled) continue;
      this.#outputs.set(tileName(name, rows), ids.get(id) as number);
      this.#outputTiles.push({ of: name, rows });
    }
  }

  #copyNode({ operation, shape }: GraphNode, ids: ReadonlyMap<number, number>, rows: Tile['rows']): number {
    const cutShape: Shape = rows === undefined ? shape : [rows[1] - rows[0], shape[1]];
    if (operation.op === 'input') {
      const name = tileName(operation.name, rows);
      const id = this.#push({ op: 'input', name }, cutShape);
      this.#inputs.set(name, id);
      this.#inputTiles.push({ of: operation.name, rows });
      return id;
    }
    const moved = moveOperands(operation, ids);
    if (rows === undefined || moved.op !== 'gemm') return this.#push(moved, cutShape);
    const depth = (this.#nodes[moved.a] as GraphNode).shape[0];
    const a = this.#push({ op: 'sliceColumns', a: moved.a, start: rows[0], end: rows[1] }, [depth, cutShape[0]]);
    return this.#push({ ...moved, a }, cutShape);
  }

  #push(operation: Operation, shape: Shape): number {
    return this.#nodes.push({ operation, shape }) - 1;
  }
}

function tileName(name: string, rows: Tile['rows']): string {
  return rows === undefined ? name : `${name}[${rows[0]}:${rows[1]}]`;
}

function isOf(node: GraphNode, shape: Shape): boolean {
  return node.shape[0] === shape[0] && node.shape[1] === shape[1];
}
