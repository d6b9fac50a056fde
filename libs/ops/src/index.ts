export { GraphError } from './errors.js';
export { GraphBuilder } from './graph.js';
export type { Binary, GemmOptions, Graph, GraphNode, Operation, Unary, Value } from './graph.js';
export { bits, fold, integer, normal, permutation, randomKey, threefry2x32, uniform } from './random.js';
export type { RandomKey } from './random.js';
export { runReference } from './reference.js';
export { sameShape, sizeOf } from './shape.js';
export type { Shape } from './shape.js';
