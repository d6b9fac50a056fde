import t from 'tap';
import { encodeSafetensors, recut, safetensorsMetadata } from '../src/index.js';
import type { LayerPart, UnitRange } from '../src/index.js';
import { allOf, partsOf, rangesOf, sliceOf } from './support/layers.js';
import type { TestLayer } from './support/layers.js';

const LAYER: TestLayer = { name: 'layer-2', units: 12, inputs: 5 };
const ALL = allOf(LAYER);

/** Numbers that decide how a layer is cut: the same in each run of the tests. */
function* numbers(): Generator<number, never> {
  for (let state = 1; ;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state;
  }
}

/** Parts of other units, made of parts. */
function recutAll(parts: readonly LayerPart[], ranges: readonly UnitRange[]): LayerPart[] {
  return ranges.map((range) => ({ range, bytes: recut(parts, range), source: 'recut' }));
}

function refused(message: RegExp): { readonly name: string; readonly code: string; readonly message: RegExp } {
  return { name: 'CheckpointError', code: 'ERR_CHECKPOINT', message };
}

t.test('a layer that is cut, cut otherwise and put together again has every byte that it had', (t) => {
  const random = numbers();
  const boundsIn = (units: number): number[] => {
    return Array.from({ length: units - 1 }, (_, bound) => bound + 1).filter(() => random.next().value % 3 === 0);
  };
  for (let round = 0; round < 200; round++) {
    const units = 1 + (random.next().value % 40);
    const layer = { name: 'layer-1', units, inputs: 2 + (random.next().value % 7) };
    const whole: LayerPart = { range: allOf(layer), bytes: sliceOf(layer), source: 'layer-1' };
    const [first, second] = [boundsIn(units), boundsIn(units)];
    const slices = recutAll([whole], rangesOf(layer, first));
    const others = recutAll(slices, rangesOf(layer, second));
    const wrong = [...slices, ...others].filter(
      ({ range, bytes }) => Buffer.compare(bytes, sliceOf(layer, range)) !== 0,
    );
    t.same(wrong, [], `${units} units, cut at ${first} and at ${second}`);
    t.equal(Buffer.compare(recut(others, allOf(layer)), whole.bytes), 0);
  }
  t.end();
});

t.test('every range of a layer that is cut is what its stage would have stored', (t) => {
  const parts = partsOf(LAYER, [1, 4, 5, 11]);
  for (let from = 0; from < LAYER.units; from++) {
    for (let to = from + 1; to <= LAYER.units; to++) {
      t.equal(Buffer.compare(recut(parts, { from, to }), sliceOf(LAYER, { from, to })), 0, `${from} to ${to}`);
    }
  }
  t.end();
});

t.test('parts are read from anywhere in memory', (t) => {
  const shifted = partsOf(LAYER, [5]).map((part, index) => {
    const memory = Buffer.alloc(part.bytes.length + 8, 0xff);
    memory.set(part.bytes, 3 + index);
    return { ...part, bytes: memory.subarray(3 + index, 3 + index + part.bytes.length) };
  });
  t.equal(Buffer.compare(recut(shifted, ALL), sliceOf(LAYER)), 0);
  t.end();
});

t.test('a part that has exactly the units is given as it is, and only its numbers are copied else', (t) => {
  const [first, second] = partsOf(LAYER, [5]) as [LayerPart, LayerPart];
  t.equal(recut([first], first.range), first.bytes);
  t.equal(recut([first, second], second.range), second.bytes);
  const made = recut([first, second], ALL);
  t.not(made.buffer, first.bytes.buffer);
  t.end();
});

t.test('the metadata is that of the first part', (t) => {
  const stored = ([from, to]: [number, number], observed: string): LayerPart => {
    const biases = { name: 'biases', shape: [1, to - from], data: new Float32Array(to - from) };
    return { range: { from, to }, bytes: encodeSafetensors([biases], { observed }), source: observed };
  };
  const parts = [stored([0, 3], 'first'), stored([3, 8], 'second')];
  t.strictSame(safetensorsMetadata(recut(parts, { from: 1, to: 7 }), 'x'), { format: 'layerline', observed: 'first' });
  t.end();
});

t.test('units that no part has, and parts that do not follow each other, are refused', (t) => {
  const [first, second, third] = partsOf(LAYER, [4, 8]) as [LayerPart, LayerPart, LayerPart];
  t.throws(() => recut([], ALL), refused(/^There is no part with units 0 to 11$/));
  t.throws(
    () => recut([first, third], ALL),
    refused(/^layer-2\.units-8-12 begins with unit 8, but layer-2\.units-0-4 before it ends with unit 3$/),
  );
  t.throws(() => recut([first, second, second, third], ALL), refused(/^layer-2\.units-4-8 begins with unit 4, but/));
  t.throws(() => recut([third, second], { from: 4, to: 12 }), refused(/begins with unit 4, but .* ends with unit 11$/));
  t.throws(
    () => recut([first, second], ALL),
    refused(/^What is stored has units 0 to 7: no range of them begins with 0 and ends before 12$/),
  );
  t.throws(() => recut([second, third], ALL), refused(/^What is stored has units 4 to 11/));
  for (const [from, to] of [
    [5, 5],
    [6, 5],
    [0.5, 2],
    [-1, 2],
    [0, NaN],
    [0, 1e300],
  ] as const) {
    t.throws(
      () => recut([first, second, third], { from, to }),
      refused(/no range of them begins with/),
      `${from} ${to}`,
    );
  }
  t.end();
});

t.test('parts that do not fit each other are refused, and named', (t) => {
  const first: LayerPart = { range: { from: 0, to: 2 }, source: 'first', bytes: encode({ w: [2, 3], b: [1, 2] }) };
  const cases: Record<string, [Record<string, readonly number[]>, RegExp]> = {
    'a matrix is missing': [{ w: [4, 3] }, /^second has no b, which first has$/],
    'a matrix too many': [{ w: [4, 3], b: [1, 4], m: [4, 3] }, /^second has m, which first has not$/],
    'another width': [{ w: [4, 2], b: [1, 4] }, /^second has w of 4 × 2, which does not fit that of first$/],
    'rows for columns': [{ w: [4, 3], b: [4, 1] }, /^second has b of 4 × 1, which does not fit that of first$/],
    'columns for rows': [{ w: [1, 4], b: [1, 4] }, /^second has w of 1 × 4, which does not fit that of first$/],
    'more units': [{ w: [5, 3], b: [1, 4] }, /^second has w of 5 × 3, which does not fit units 2 to 5$/],
    'fewer units': [{ w: [4, 3], b: [1, 3] }, /^second has b of 1 × 3, which does not fit units 2 to 5$/],
    'no matrix': [{ w: [4, 3], b: [4] }, /^second has b of 4, which does not fit units 2 to 5$/],
    'three dimensions': [{ w: [4, 3, 1], b: [1, 4] }, /^second has w of 4 × 3 × 1, which does not fit units 2 to 5$/],
  };
  const second = (shapes: Record<string, readonly number[]>): LayerPart => {
    return { range: { from: 2, to: 6 }, source: 'second', bytes: encode(shapes) };
  };
  t.doesNotThrow(() => recut([first, second({ w: [4, 3], b: [1, 4] })], { from: 0, to: 6 }));
  for (const [what, [shapes, message]] of Object.entries(cases)) {
    t.throws(() => recut([first, second(shapes)], { from: 0, to: 6 }), refused(message), what);
  }
  const damaged = { ...first, bytes: first.bytes.subarray(0, -1) };
  t.throws(() => recut([damaged], { from: 0, to: 1 }), refused(/^first is damaged/));
  t.end();
});

t.test(
  'whether the units of a matrix are rows is found out from all parts, and a single row is assumed if none says',
  (t) => {
    const part = (from: number, to: number, shapes: Record<string, readonly number[]>): LayerPart => {
      return { range: { from, to }, source: `from ${from}`, bytes: encode(shapes) };
    };
    const one = { w: [1, 1], b: [1, 1] };
    const both = [part(0, 1, one), part(1, 3, { w: [2, 1], b: [1, 2] })];
    t.same(recut(both, { from: 0, to: 3 }), encode({ w: [3, 1], b: [1, 3] }));
    const mixed = [...both, part(3, 5, { w: [1, 2], b: [1, 2] })];
    t.throws(
      () => recut(mixed, { from: 0, to: 5 }),
      refused(/^from 3 has w of 1 × 2, which does not fit that of from 0$/),
    );
    t.same(recut([part(0, 1, one), part(1, 2, one)], { from: 0, to: 2 }), encode({ w: [1, 2], b: [1, 2] }));
    t.end();
  },
);

/** Zeros. */
function encode(shapes: Record<string, readonly number[]>): Uint8Array {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    return { name, shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
  });
  return encodeSafetensors(tensors);
}
