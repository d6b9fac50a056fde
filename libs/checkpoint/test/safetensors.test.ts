import t from 'tap';
import { CheckpointError, decodeSafetensors, encodeSafetensors } from '../src/index.js';
import type { NamedTensor } from '../src/index.js';

const TENSORS: NamedTensor[] = [
  { name: 'weights', shape: [2, 3], data: Float32Array.of(1, -2.5, 3e-40, Infinity, -0, 6) },
  { name: 'biases', shape: [1, 3], data: Float32Array.of(0.1, 0.2, 0.3) },
];

/** A file laid out by the published format: u64 length, JSON, data. */
function handMade(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Uint8Array.from(Buffer.concat([length, json, data]));
}

function floats(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, index) => bytes.writeFloatLE(number, 4 * index));
  return bytes;
}

t.test('tensors come back as they were, in order', (t) => {
  t.same(decodeSafetensors(encodeSafetensors(TENSORS), 'x'), TENSORS);
  t.ok(Object.is(decodeSafetensors(encodeSafetensors(TENSORS), 'x')[0]?.data[4], -0));
  t.same(decodeSafetensors(encodeSafetensors([]), 'x'), []);
  const odd: NamedTensor[] = [
    { name: 'scalar', shape: [], data: Float32Array.of(7) },
    { name: 'none', shape: [0, 5], data: new Float32Array(0) },
    { name: '12', shape: [1], data: Float32Array.of(8) },
    { name: '3', shape: [1], data: Float32Array.of(9) },
  ];
  t.same(decodeSafetensors(encodeSafetensors(odd), 'x'), odd, 'whatever order a JSON object has');
  t.end();
});

t.test('a file is read from anywhere in memory, and what is read has memory of its own', (t) => {
  const bytes = encodeSafetensors(TENSORS);
  for (let shift = 0; shift < 9; shift++) {
    const memory = Buffer.alloc(bytes.length + 16, 0xff);
    memory.set(bytes, shift);
    const read = decodeSafetensors(memory.subarray(shift, shift + bytes.length), 'x');
    memory.fill(0);
    t.same(read, TENSORS);
  }
  const [weights] = TENSORS as [NamedTensor];
  const view = new Float32Array(10).fill(3).subarray(2, 8);
  t.same(decodeSafetensors(encodeSafetensors([{ ...weights, data: view }]), 'x')[0]?.data, view);
  t.end();
});

t.test('a file is what the published format says', (t) => {
  const bytes = Buffer.from(encodeSafetensors(TENSORS, { layer: 'layer-1' }));
  const length = Number(bytes.readBigUInt64LE(0));
  t.equal((8 + length) % 8, 0, 'the data is aligned');
  const json = bytes.subarray(8, 8 + length).toString();
  t.match(json, /^\{.*\} *$/);
  t.strictSame(JSON.parse(json), {
    __metadata__: { format: 'layerline', layer: 'layer-1' },
    weights: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    biases: { dtype: 'F32', shape: [1, 3], data_offsets: [24, 36] },
  });
  t.same(bytes.subarray(8 + length), floats(1, -2.5, 3e-40, Infinity, -0, 6, 0.1, 0.2, 0.3));
  t.end();
});

t.test('files of others are read', (t) => {
  const header =
    '{"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"a":{"shape":[],"dtype":"F32","data_offsets":[0,4]}}   ';
  t.same(decodeSafetensors(handMade(header, floats(5, 6, 7)), 'x'), [
    { name: 'a', shape: [], data: Float32Array.of(5) },
    { name: 'b', shape: [2], data: Float32Array.of(6, 7) },
  ]);
  t.same(decodeSafetensors(handMade('{}'), 'x'), []);
  t.same(decodeSafetensors(handMade('{"__metadata__":{"by":"hand"}}'), 'x'), []);
  t.end();
});

t.test('a file cut off or drawn out anywhere is refused', (t) => {
  const bytes = encodeSafetensors(TENSORS);
  for (let length = 0; length < bytes.length; length++) {
    t.throws(
      () => decodeSafetensors(bytes.subarray(0, length), 'x'),
      CheckpointError,
      `${length} of ${bytes.length} bytes`,
    );
  }
  t.throws(() => decodeSafetensors(Buffer.concat([bytes, Buffer.alloc(1)]), 'model/layer-1'), {
    code: 'ERR_CHECKPOINT',
    message: 'model/layer-1 is damaged: 1 bytes at its end belong to no tensor',
  });
  t.end();
});

t.test('a damaged header is refused', (t) => {
  const tensor = (more: object): string =>
    JSON.stringify({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...more } });
  const data = floats(1, 2);
  t.doesNotThrow(() => decodeSafetensors(handMade(tensor({}), data), 'x'));
  const wrong: Record<string, Uint8Array> = {
    'no JSON': handMade('{', data),
    'an array': handMade('[]'),
    null: handMade('null'),
    'a number': handMade('5'),
    'bytes that are not UTF-8': handMade(
      Buffer.from('{"\xff":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 'latin1'),
      floats(1),
    ),
    'another type': handMade(tensor({ dtype: 'F16', data_offsets: [0, 4] }), floats(1)),
    'strings for numbers': handMade(tensor({ shape: 'x', data_offsets: 'y' }), data),
    'a tensor of strings': handMade('{"w":{"a":"b"}}'),
    'an unknown field': handMade(tensor({ more: 1 }), data),
    'a shape for more': handMade(tensor({ shape: [3] }), data),
    'a shape for less': handMade(tensor({ shape: [1] }), data),
    'a negative shape': handMade(tensor({ shape: [-1, -2] }), data),
    'a fraction': handMade(tensor({ shape: [0.5, 4] }), data),
    'a shape beyond all numbers': handMade(tensor({ shape: [1e300, 1e300] }), data),
    'an end before its beginning': handMade(tensor({ data_offsets: [8, 0] }), data),
    'a hole before it': handMade(tensor({ data_offsets: [4, 12] }), floats(0, 1, 2)),
    'an end beyond the file': handMade(tensor({ data_offsets: [0, 8] }), floats(1)),
    'two tensors in one place': handMade(
      '{"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      data,
    ),
    'a name that JavaScript has a use for': handMade(
      '{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      data,
    ),
    'metadata that are not strings': handMade('{"__metadata__":{"a":1}}'),
    'a length beyond the file': handMade(tensor({}), data).fill(0xff, 0, 8),
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    t.throws(
      () => decodeSafetensors(bytes, 'part.safetensors'),
      { name: 'CheckpointError', message: /^part\.safetensors is / },
      what,
    );
  }
  t.end();
});
