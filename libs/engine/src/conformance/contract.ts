import { runReference } from '@layerline/ops';
import type { Graph, Shape } from '@layerline/ops';
import type { Test } from 'tap';
import type { Engine, EngineOptions } from '../engine.js';
import { graphOf, sample } from './cases.js';
import type { Data } from './cases.js';
import { bitsOf, checkNear, readAll, refuses, runOnce, tensorsFor } from './check.js';
import { aliasGraph, layerGraph, longGraph, momentumGraph, readAfterUpdateGraph } from './graphs.js';

export type Open = (options: EngineOptions) => Promise<Engine>;

/** Relative to the largest result: a few dozen roundings, as many as the longest of these graphs makes in a row. */
const NEAR = 2 ** -18;

function sampleInputs(graph: Graph, scale = 1): Data {
  const inputs: Record<string, Float32Array> = {};
  for (const [name, id] of graph.inputs) {
    inputs[name] = sample(20 + id, graph.nodes[id]?.shape as Shape).map((x) => x * scale);
  }
  return inputs;
}

function checkAll(t: Test, graph: Graph, results: Data, want: Readonly<Record<string, Float64Array>>): void {
  for (const name of graph.outputs.keys()) checkNear(t, `${graph.name}: ${name}`, results[name], want[name], NEAR);
}

/** Graphs of many operations and outputs compute the reference's numbers. */
export async function checkGraphs(t: Test, engine: Engine): Promise<void> {
  for (const graph of [layerGraph(200, 130, 100), layerGraph(2, 3, 1), aliasGraph(5, 9), readAfterUpdateGraph(7, 5)]) {
    const inputs = sampleInputs(graph);
    checkAll(t, graph, await runOnce(engine, graph, inputs), runReference(graph, inputs));
  }
}

/** An output that is an input is a copy of it: later changes to one do not affect the other. */
export async function checkAliases(t: Test, engine: Engine): Promise<void> {
  const graph = aliasGraph(3, 4);
  const compiled = await engine.compile(graph);
  const inputs = tensorsFor(engine, graph, graph.inputs, sampleInputs(graph));
  const first = tensorsFor(engine, graph, graph.outputs);
  const second = tensorsFor(engine, graph, graph.outputs);
  await compiled.run(inputs, first);
  const before = await readAll(first);
  const { same, doubled } = first;
  if (same === undefined || doubled === undefined) throw new Error('The graph lacks its outputs');
  await compiled.run({ x: doubled }, second);
  await compiled.run({ x: doubled }, { ...second, same: inputs['x'] ?? doubled });
  const after = await readAll(first);
  for (const name of graph.outputs.keys()) {
    t.equal(bitsOf(after[name]), bitsOf(before[name]), `"${name}" outlives later runs on tensors beside it`);
  }
  t.equal(bitsOf(await inputs['x']?.read()), bitsOf(before['doubled']), 'an input is written when it is an output');
}

/** Weights and velocity are inputs and outputs of the same run, over and over. */
export async function checkInPlace(t: Test, engine: Engine): Promise<void> {
  for (const [rows, inputs, units] of [
    [64, 33, 65],
    [2, 1, 1],
  ] as const) {
    const graph = momentumGraph(rows, inputs, units);
    const start = sampleInputs(graph);
    const state = tensorsFor(engine, graph, graph.inputs, start);
    const y = engine.tensor([rows, units]);
    const compiled = await engine.compile(graph);
    let want: Record<string, ArrayLike<number>> = start;
    for (let run = 0; run < 20; run++) {
      await compiled.run(state, { ...state, y });
      want = { ...want, ...runReference(graph, want) };
    }
    const { x, w, v } = await readAll(state);
    checkNear(t, `w after 20 updates, ${inputs} × ${units}`, w, Float64Array.from(want['w'] ?? []), NEAR);
    checkNear(t, `v after 20 updates, ${inputs} × ${units}`, v, Float64Array.from(want['v'] ?? []), NEAR);
    checkNear(t, `y after 20 updates, ${inputs} × ${units}`, await y.read(), Float64Array.from(want['y'] ?? []), NEAR);
    t.equal(bitsOf(x), bitsOf(start['x']), 'what is only read stays as it is');
  }
  const graph = readAfterUpdateGraph(40, 30);
  const start = sampleInputs(graph);
  const state = tensorsFor(engine, graph, graph.inputs, start);
  const outputs = { ...tensorsFor(engine, graph, graph.outputs), w: state['w'] ?? engine.tensor([40, 30]) };
  await (await engine.compile(graph)).run(state, outputs);
  checkAll(t, graph, await readAll(outputs), runReference(graph, start));
}

/** The same inputs give the same bits: run again, compiled again, in another engine, and beside other runs. */
export async function checkRepeats(t: Test, engine: Engine, other: Engine): Promise<void> {
  const graphs = [layerGraph(100, 130, 96), momentumGraph(50, 70, 66)];
  const compiled = await Promise.all(graphs.map((graph) => engine.compile(graph)));
  const inputs = graphs.map((graph) => tensorsFor(engine, graph, graph.inputs, sampleInputs(graph)));
  const outputs = graphs.map((graph) => tensorsFor(engine, graph, graph.outputs));
  const first = await Promise.all(graphs.map((graph) => runOnce(engine, graph, sampleInputs(graph))));
  for (let round = 0; round < 3; round++) {
    await Promise.all(compiled.map((each, index) => each.run(inputs[index] ?? {}, outputs[index] ?? {})));
    for (const [index, graph] of graphs.entries()) {
      const results = await readAll(outputs[index] ?? {});
      for (const name of graph.outputs.keys()) {
        t.equal(bitsOf(results[name]), bitsOf(first[index]?.[name]), `${graph.name}: "${name}" in round ${round}`);
      }
    }
  }
  for (const [index, graph] of graphs.entries()) {
    const results = await runOnce(other, graph, sampleInputs(graph));
    for (const name of graph.outputs.keys()) {
      t.equal(bitsOf(results[name]), bitsOf(first[index]?.[name]), `${graph.name}: "${name}" in another engine`);
    }
  }
}

/** Tensors hold what they were given, zeros by default, and may be views of a larger buffer. */
export async function checkTensors(t: Test, engine: Engine): Promise<void> {
  t.same(
    [...(await engine.tensor([3, 5]).read())],
    Array.from({ length: 15 }, () => 0),
    'zeros by default',
  );
  const data = sample(40, [3, 5]);
  const tensor = engine.tensor([3, 5], data.slice());
  t.same(tensor.shape, [3, 5]);
  t.equal(bitsOf(await tensor.read()), bitsOf(data), 'reads what was given');
  t.equal(bitsOf(await tensor.read()), bitsOf(data), 'reads it again');
  const frame = sample(41, [4, 5]);
  const whole = frame.slice();
  const part = engine.tensor([2, 5], frame.subarray(5, 15));
  t.equal(bitsOf(await part.read()), bitsOf(whole.subarray(5, 15)), 'takes a view of a larger buffer');
  t.equal(bitsOf(frame.subarray(0, 5)), bitsOf(whole.subarray(0, 5)), 'and leaves what is before it');
  t.equal(bitsOf(frame.subarray(15)), bitsOf(whole.subarray(15)), 'and what is after it');
  await refuses(t, 'data of another size than the shape', () => engine.tensor([2, 2], new Float32Array(3)));
}

/** Wrong tensors are refused, and the engine goes on working. */
export async function checkRefusals(t: Test, engine: Engine): Promise<void> {
  const graph = graphOf('refusals', (builder) => builder.add(builder.input('a', [2, 3]), builder.input('b', [1, 3])));
  const compiled = await engine.compile(graph);
  const inputs = tensorsFor(engine, graph, graph.inputs, { a: sample(42, [2, 3]) });
  const outputs = tensorsFor(engine, graph, graph.outputs);
  const { a, b } = inputs;
  if (a === undefined || b === undefined) throw new Error('The graph lacks its inputs');
  await refuses(t, 'an input is missing', () => compiled.run({ a }, outputs));
  await refuses(t, 'an output is missing', () => compiled.run(inputs, {}));
  await refuses(t, 'an input has the wrong shape', () => compiled.run({ a, b: a }, outputs));
  await refuses(t, 'an input is transposed', () => compiled.run({ a: engine.tensor([3, 2]), b }, outputs));
  await refuses(t, 'an output has the wrong shape', () => compiled.run(inputs, { y: engine.tensor([3, 3]) }));
  await compiled.run(inputs, outputs);
  t.equal(bitsOf(await outputs['y']?.read()), bitsOf(sample(42, [2, 3])), 'a good run after bad ones');
}

/** Turns of the event loop in one run. An engine that yields before and after computing, but not in between, gets two. */
const TURNS_MEANWHILE = 4;
const RUNS_TO_SEE_TURNS = 50;

/** Turns of the event loop are counted while a long run is under way. */
export async function checkEventLoop(t: Test, engine: Engine): Promise<void> {
  const graph = longGraph(256, 6);
  const compiled = await engine.compile(graph);
  const inputs = tensorsFor(engine, graph, graph.inputs, sampleInputs(graph));
  const outputs = tensorsFor(engine, graph, graph.outputs);
  // On a busy machine a short run may be over before this thread gets its next turn: one run that shows it is enough.
  let most = 0;
  for (let run = 0; run < RUNS_TO_SEE_TURNS && most < TURNS_MEANWHILE; run++) {
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    await compiled.run(inputs, outputs);
    running = false;
    most = Math.max(most, turns);
  }
  t.ok(most >= TURNS_MEANWHILE, `the event loop turned ${most} times`);
}

/** What was disposed of or closed refuses to work. */
export async function checkClosed(t: Test, engine: Engine): Promise<void> {
  const graph = graphOf('closed', (builder) => builder.negate(builder.input('a', [2, 2])));
  const compiled = await engine.compile(graph);
  const a = engine.tensor([2, 2], sample(43, [2, 2]));
  const y = engine.tensor([2, 2]);
  await compiled.run({ a }, { y });
  const unused = engine.tensor([1, 4]);
  unused.dispose();
  compiled.dispose();
  await refuses(t, 'a disposed graph', () => compiled.run({ a }, { y }));
  await refuses(t, 'a disposed tensor', () => unused.read());
  const kept = await engine.compile(graph);
  await engine.close();
  await refuses(t, 'a tensor of a closed engine', () => engine.tensor([1, 1]));
  await refuses(t, 'compile in a closed engine', () => engine.compile(graph));
  await refuses(t, 'run in a closed engine', () => kept.run({ a }, { y }));
  await refuses(t, 'read in a closed engine', () => a.read());
  await engine.close();
}
