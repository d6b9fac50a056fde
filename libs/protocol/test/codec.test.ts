import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { byteLength, decodeFrame, encodeFrame, findBlock, headerAllowance, ProtocolError } from '../src/index.js';
import type { Barrier, Block, Frame, Rows } from '../src/index.js';
import { craft, encode, END, envelope, rows, xorshift } from './support.js';

const EMPTY: Rows = { ...rows(0, 0), purpose: 'score', neutral: 0 };
const WITHOUT_BLOCKS: Rows = { ...rows(0, 0), blocks: [] };
const MIXED: Rows = {
  kind: 'rows',
  purpose: 'score',
  epoch: 0xffff_ffff,
  batch: 0,
  positive: 1,
  negative: 2,
  neutral: 0xffff_ffff,
  sentAt: 1_700_000_000_000.25,
  blocks: [
    { name: 'a', type: 'u8', shape: [3, 1], data: Uint8Array.of(0, 127, 255) },
    { name: 'none', type: 'f32', shape: [0, 784], data: new Float32Array(0) },
    { name: 'ü', type: 'f32', shape: [1, 5], data: Float32Array.of(-0, NaN, Infinity, -Infinity, 1e-45) },
    { name: 'b', type: 'u8', shape: [1, 17], data: new Uint8Array(17).fill(9) },
    { name: 'd', type: 'f64', shape: [1, 3], data: Float64Array.of(-0, NaN, 2 ** -1074) },
    { name: 'c', type: 'f32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  ],
};
/** What layers have put on it on its way. */
const OBSERVED: Barrier = {
  kind: 'barrier',
  order: { type: 'observe', step: 30 },
  blocks: [{ name: 'sums', type: 'f64', shape: [2, 2], data: Float64Array.of(1, 2, 3, 4e300) }],
};
const BARRIERS = (
  [
    { type: 'epoch-end', epoch: 3, batches: 600 },
    { type: 'evaluate', epoch: 3 },
    { type: 'evaluated', epoch: 3 },
    { type: 'observe', step: 30 },
    { type: 'store-model' },
    { type: 'end', outcome: 'completed' },
    { type: 'end', outcome: 'stopped' },
  ] as const
).map((order): Barrier => ({ kind: 'barrier', order }));
const FRAMES: readonly Frame[] = [
  rows(1, 1),
  rows(3, 5),
  rows(2, 16, 7),
  EMPTY,
  WITHOUT_BLOCKS,
  MIXED,
  OBSERVED,
  ...BARRIERS,
];

t.test('every kind of frame comes back as it was', (t) => {
  for (const [index, frame] of FRAMES.entries()) {
    const head = envelope(index === 0 ? 2 ** 40 : index);
    const bytes = encode(frame, head);
    t.equal(bytes.length % 16, 0);
    t.equal(bytes.length, byteLength(encodeFrame(head, frame)));
    const decoded = decodeFrame([bytes]);
    t.ok(isDeepStrictEqual(decoded, { envelope: head, frame }), `frame ${index}`);
  }
  t.end();
});

t.test('tensors lie at multiples of 16, little-endian and row-major', (t) => {
  const bytes = encode(MIXED);
  const headerBytes = new DataView(bytes.buffer).getUint32(4, true);
  t.equal(Buffer.from(bytes.subarray(0, 4)).toString(), 'LLF1');
  const first = Math.ceil((8 + headerBytes) / 16) * 16;
  t.same([...bytes.subarray(first, first + 16)], [0, 127, 255, ...new Array<number>(13).fill(0)]);
  const last = new DataView(bytes.buffer, bytes.length - 16);
  t.same(
    [0, 4, 8, 12].map((at) => last.getFloat32(at, true)),
    [1, 2, 3, 4],
  );
  t.end();
});

t.test('encoding shares the memory of large blocks, and joins the rest to few parts', (t) => {
  const small = rows(4, 8).blocks;
  const large = rows(40, 70).blocks[0] as Block;
  const parts = encodeFrame(envelope(), { ...rows(40, 70), blocks: [...small, { ...large, name: 'large' }] });
  t.equal(parts.length, 2, 'what is before the large block, and the block');
  t.ok(parts[1]?.buffer === large.data.buffer && parts[1].byteLength === large.data.byteLength);
  t.equal(encodeFrame(envelope(), rows(4, 8)).length, 1, 'a small frame is one part');
  t.end();
});

t.test('a frame is read from whatever parts it comes in', (t) => {
  const frame = rows(9, 60);
  const bytes = encode(frame);
  const next = xorshift(11);
  for (let round = 0; round < 200; round++) {
    const cuts = Array.from({ length: next() % 6 }, () => next() % (bytes.length + 1)).sort((a, b) => a - b);
    const parts = [0, ...cuts].map((cut, index) => bytes.slice(cut, cuts[index] ?? bytes.length));
    t.ok(isDeepStrictEqual(decodeFrame(parts).frame, frame), `cut at ${cuts.join()}`);
  }
  t.throws(() => decodeFrame([]), ProtocolError);
  t.end();
});

t.test('blocks are views where the memory is aligned, and copies where it is not', (t) => {
  const frame = rows(4, 8);
  const bytes = encode(frame);
  for (let shift = 0; shift <= 16; shift++) {
    const memory = new Uint8Array(bytes.length + 32);
    memory.set(bytes, shift);
    const decoded = decodeFrame([memory.subarray(shift, shift + bytes.length)]).frame as Rows;
    const [activations, labels] = decoded.blocks as [Block, Block];
    t.equal(activations.data.buffer === memory.buffer, shift % 4 === 0, `activations at ${shift}`);
    t.equal(labels.data.buffer === memory.buffer, true, `labels at ${shift}`);
    t.ok(isDeepStrictEqual(decoded, frame));
  }
  t.end();
});

t.test('findBlock goes by name and type', (t) => {
  const frame = rows(1, 3);
  t.equal(findBlock(frame, 'activations', 'f32'), frame.blocks[0]);
  t.equal(findBlock(frame, 'labels', 'u8'), frame.blocks[1]);
  t.equal(findBlock(frame, 'labels', 'f32'), undefined);
  t.equal(findBlock(frame, 'nothing', 'u8'), undefined);
  t.end();
});

t.test('the header of the most verbose frame fits its allowance', (t) => {
  const blocks = Array.from({ length: 1024 }, (_, index): Block => {
    return { name: `${index}`.padEnd(64, 'x'), type: 'f32', shape: [0, 0xffff_ffff], data: new Float32Array(0) };
  });
  const frame: Rows = { ...MIXED, batch: 0xffff_ffff, positive: 0xffff_ffff, negative: 0xffff_ffff, blocks };
  const head = { run: '語'.repeat(100), incarnation: 0xffff_ffff, generation: 0xffff_ffff, sequence: 2 ** 53 - 1 };
  const length = byteLength(encodeFrame(head, frame));
  t.ok(length <= headerAllowance(blocks.length), `${length} bytes of ${headerAllowance(blocks.length)}`);
  t.ok(isDeepStrictEqual(decodeFrame([encode(frame, head)]), { envelope: head, frame }));
  t.ok(byteLength(encodeFrame(head, BARRIERS[0] as Barrier)) <= headerAllowance(0));
  t.end();
});

t.test('a frame cut off or drawn out anywhere is refused', (t) => {
  for (const frame of [rows(1, 3), WITHOUT_BLOCKS, END]) {
    const bytes = encode(frame);
    for (let length = 0; length < bytes.length; length++) {
      t.throws(() => decodeFrame([bytes.subarray(0, length)]), ProtocolError, `${length} of ${bytes.length} bytes`);
    }
    for (const more of [1, 15, 16, 4096]) {
      const longer = new Uint8Array(bytes.length + more);
      longer.set(bytes);
      t.throws(() => decodeFrame([longer]), ProtocolError, `${more} bytes more`);
    }
  }
  t.end();
});

t.test('what the schema does not allow is refused', (t) => {
  const block = { name: 'a', type: 'u8', shape: [2, 8] };
  const { blocks: _, ...header } = rows(1, 1);
  const good = { envelope: envelope(), frame: header, blocks: [block] };
  const body = new Uint8Array(16);
  t.doesNotThrow(() => decodeFrame([craft(good, body)]));
  const wrong: Record<string, [unknown, Uint8Array?]> = {
    'no header': [null],
    'an array': [[1, 2, 3]],
    'an unknown key': [{ ...good, more: 1 }, body],
    'an unknown key in the frame': [{ ...good, frame: { ...header, more: 1 } }, body],
    'an unknown kind': [{ ...good, frame: { ...header, kind: 'row' } }, body],
    'an unknown purpose': [{ ...good, frame: { ...header, purpose: 'test' } }, body],
    'an unknown order': [{ ...good, frame: { kind: 'barrier', order: { type: 'explode' } }, blocks: [] }],
    'a negative count': [{ ...good, frame: { ...header, positive: -1 } }, body],
    'a fraction of a row': [{ ...good, frame: { ...header, positive: 0.5 } }, body],
    'NaN rows': [{ ...good, frame: { ...header, positive: NaN } }, body],
    'a count beyond 32 bits': [{ ...good, frame: { ...header, positive: 2 ** 32 } }, body],
    'a count as a big integer': [{ ...good, frame: { ...header, positive: 1n } }, body],
    'an infinite time': [{ ...good, frame: { ...header, sentAt: Infinity } }, body],
    'a negative sequence': [{ ...good, envelope: { ...envelope(), sequence: -1 } }, body],
    'a sequence beyond exact numbers': [{ ...good, envelope: { ...envelope(), sequence: 2 ** 60 } }, body],
    'a run of great length': [{ ...good, envelope: { ...envelope(), run: 'x'.repeat(101) } }, body],
    'a block without a name': [{ ...good, blocks: [{ ...block, name: '' }] }, body],
    'a block with a long name': [{ ...good, blocks: [{ ...block, name: 'x'.repeat(65) }] }, body],
    'a block of another type': [{ ...good, blocks: [{ ...block, type: 'f64' }] }, body],
    'a block of three dimensions': [{ ...good, blocks: [{ ...block, shape: [2, 4, 2] }] }, body],
    'a block of negative size': [{ ...good, blocks: [{ ...block, shape: [-2, -8] }] }, body],
    'a block of NaN size': [{ ...good, blocks: [{ ...block, shape: [NaN, 8] }] }, body],
    'a block beyond all memory': [{ ...good, blocks: [{ ...block, shape: [0xffff_ffff, 0xffff_ffff] }] }, body],
    'a block larger than the frame': [{ ...good, blocks: [{ ...block, shape: [2, 9] }] }, body],
    'a block smaller than the frame': [{ ...good, blocks: [] }, body],
    'two blocks of one name': [{ ...good, blocks: [block, block] }, new Uint8Array(32)],
    '1025 blocks': [
      { ...good, blocks: Array.from({ length: 1025 }, (_, i) => ({ ...block, name: `${i}`, shape: [0, 0] })) },
    ],
  };
  for (const [what, [header, bytes]] of Object.entries(wrong)) {
    t.throws(() => decodeFrame([craft(header, bytes)]), { code: 'ERR_PROTOCOL', name: 'ProtocolError' }, what);
  }
  t.end();
});

t.test('hostile MessagePack is refused at once, and leaves no trace', (t) => {
  const proto = Buffer.from('\x81\xa9__proto__\x81\xa5admin\xc3', 'latin1');
  const record = Buffer.from([0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x05]);
  const hostile: Record<string, Buffer> = {
    'a key __proto__': proto,
    'the definition of a record': record,
    'an array of four billion': Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
    'a map of four billion': Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff]),
    'arrays within arrays': Buffer.alloc(200_000, 0x91),
    'arrays of a million within each other': Buffer.concat(
      new Array<Buffer>(40_000).fill(Buffer.from([0xdd, 0, 0xf, 0xff, 0xff])),
    ),
    'a regular expression': Buffer.from([0xc7, 4, 0x78, 0x92, 0xa1, 0x28, 0xa0]),
    'bytes after the value': Buffer.from([0x80, 0x80]),
    'a byte that is never used': Buffer.from([0xc1]),
  };
  for (const [what, packed] of Object.entries(hostile)) {
    t.throws(() => decodeFrame([craft(undefined, undefined, packed)]), ProtocolError, what);
    t.ok(isDeepStrictEqual(decodeFrame([encode(MIXED)]).frame, MIXED), `the next frame is read as ever after ${what}`);
  }
  t.equal(({} as { admin?: boolean }).admin, undefined);
  t.end();
});

t.test('padding that is not zero is refused, after the header and after a block', (t) => {
  const frame = rows(1, 1);
  const bytes = encode(frame);
  const headerEnd = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  t.not(headerEnd % 16, 0, 'there is padding after the header');
  for (const at of [headerEnd, bytes.length - 1]) {
    const copy = bytes.slice();
    copy[at] = 1;
    t.throws(
      () => decodeFrame([copy]),
      { code: 'ERR_PROTOCOL', message: /in its padding, between \d+ and \d+/ },
      `byte ${at}`,
    );
  }
  t.end();
});

t.test('a header that claims to be larger than the frame, or than any header, is refused', (t) => {
  const bytes = encode(rows(1, 1));
  for (const claim of [bytes.length - 7, 0xffff_ffff]) {
    const copy = bytes.slice();
    new DataView(copy.buffer).setUint32(4, claim, true);
    t.throws(() => decodeFrame([copy]), { code: 'ERR_PROTOCOL', message: new RegExp(`claims a header of ${claim}`) });
  }
  const large = craft(undefined, undefined, new Uint8Array(256 * 1024 + 1));
  t.throws(() => decodeFrame([large]), { code: 'ERR_PROTOCOL', message: /claims a header/ });
  t.end();
});

t.test('20,000 damaged frames: refused, or as good as a frame that somebody sent', (t) => {
  const random = xorshift(0x1a2b3c4d);
  const below = (limit: number): number => random() % limit;
  const originals = FRAMES.map((frame) => encode(frame));
  let at = 0;
  const damage: ((bytes: Uint8Array) => Uint8Array)[] = [
    (bytes) => bytes.map((byte, index) => (index === at ? byte ^ (1 << below(8)) : byte)),
    (bytes) =>
      bytes.with(at % bytes.length, [0, 1, 0x7f, 0x80, 0xff, 0xc1, 0xcb, 0xdd, 0xdf, below(256)][below(10)] as number),
    (bytes) => bytes.slice(0, at),
    (bytes) => Uint8Array.from([...bytes.subarray(0, at), below(256), ...bytes.subarray(at)]),
    (bytes) => Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + below(16))]),
    (bytes) => bytes.slice().copyWithin(at, below(bytes.length), below(bytes.length)),
  ];
  let accepted = 0;
  for (let round = 0; round < 20_000; round++) {
    let bytes = originals[below(originals.length)] as Uint8Array;
    for (let times = 1 + below(3); times > 0 && bytes.length > 0; times--) {
      // Half of the damage goes to the header, where the decisions are.
      at = below(random() % 2 === 0 ? Math.min(bytes.length, 120) : bytes.length);
      bytes = (damage[below(damage.length)] as (bytes: Uint8Array) => Uint8Array)(bytes);
    }
    try {
      const decoded = decodeFrame([bytes]);
      accepted++;
      const again = decodeFrame([encode(decoded.frame, decoded.envelope)]);
      if (!isDeepStrictEqual(again, decoded)) t.fail(`round ${round}: ${Buffer.from(bytes).toString('hex')}`);
    } catch (error) {
      if (!(error instanceof ProtocolError))
        t.fail(`round ${round}: ${String(error)} for ${Buffer.from(bytes).toString('hex')}`);
    }
  }
  t.ok(accepted > 500 && accepted < 12_000, `${accepted} accepted: damage to data alone cannot be seen here`);
  t.end();
});
