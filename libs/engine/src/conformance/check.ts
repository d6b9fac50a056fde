import { runReference } from '@layerline/ops';
import type { Graph, Shape } from '@layerline/ops';
import type { Test } from 'tap';
import type { Engine, Tensor, Tensors } from '../engine.js';
import type { Case, Data } from './cases.js';

/** Half the distance from 1 to the next single-precision number: the relative error of one rounding. */
const ROUNDING = 2 ** -24;

/**
 * Runs a graph once on tensors of its own.
 * @returns what the engine computes for each output
 */
export async function runOnce(engine: Engine, graph: Graph, inputs: Data): Promise<Record<string, Float32Array>> {
  const compiled = await engine.compile(graph);
  const from = tensorsFor(engine, graph, graph.inputs, inputs);
  const to = tensorsFor(engine, graph, graph.outputs);
  await compiled.run(from, to);
  const results = await readAll(to);
  for (const tensor of [...Object.values(from), ...Object.values(to)]) tensor.dispose();
  compiled.dispose();
  return results;
}

/** A tensor for each name of a graph: with a copy of the data given under that name, else of zeros. */
export function tensorsFor(
  engine: Engine,
  graph: Graph,
  names: ReadonlyMap<string, number>,
  data: Data = {},
): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, id] of names) {
    tensors[name] = engine.tensor(graph.nodes[id]?.shape as Shape, data[name]?.slice());
  }
  return tensors;
}

/** Copies of what the tensors hold. */
export async function readAll(tensors: Tensors): Promise<Record<string, Float32Array>> {
  const results: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) results[name] = (await tensor.read()).slice();
  return results;
}

/** What the float64 reference computes for a case, and how far each number may be from it. */
export interface Expectation {
  readonly want: Float64Array;
  readonly allowed: Float64Array;
}

/**
 * What a case's results are compared with. The rounding errors of a sum of n terms grow like √n times the sum of the
 * terms' magnitudes, in whatever order they are added; four times that is allowed.
 */
export function expectation({ graph, inputs, terms, floor }: Case): Expectation {
  const sizes: Record<string, Float32Array> = {};
  for (const [input, data] of Object.entries(inputs)) sizes[input] = data.map(Math.abs);
  const want = runReference(graph, inputs)['y'] as Float64Array;
  const added = terms === 0 ? new Float64Array(want.length) : (runReference(graph, sizes)['y'] as Float64Array);
  const allowed = want.map(
    (x, index) => 4 * ROUNDING * (Math.abs(x) + Math.sqrt(terms) * (added[index] as number)) + floor,
  );
  return { want, allowed };
}

/** Compares numbers with the reference's, to within `relative` of the largest of those. */
export function checkNear(
  t: Test,
  name: string,
  got: Float32Array | undefined,
  want: Float64Array | undefined,
  relative: number,
): void {
  const reference = want ?? new Float64Array();
  const largest = reference.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  checkClose(t, name, got, { want: reference, allowed: reference.map(() => relative * largest) });
}

/** Compares each number with its expectation. */
export function checkClose(t: Test, name: string, got: Float32Array | undefined, { want, allowed }: Expectation): void {
  if (got?.length !== want.length) {
    t.fail(`${name}: ${got?.length} numbers instead of ${want.length}`);
    return;
  }
  // Written so that NaN fails too.
  const wrong = want.findIndex((x, index) => !(Math.abs(x - (got[index] as number)) <= (allowed[index] as number)));
  const report = wrong === -1 ? '' : `: [${wrong}] is ${got[wrong]}, not ${want[wrong]} ± ${allowed[wrong]}`;
  t.ok(wrong === -1, name + report);
}

/** The bits of numbers, so that comparing them distinguishes −0 from 0 and one NaN from another. */
export function bitsOf(data: Float32Array | undefined): string {
  return data === undefined ? '' : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

/** Expects an EngineError, thrown or rejected. */
export async function refuses(t: Test, name: string, use: () => unknown): Promise<void> {
  await t.rejects(async () => use(), { name: 'EngineError', code: 'ERR_ENGINE' }, name);
}
