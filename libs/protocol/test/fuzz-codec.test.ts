import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { decode } from '../src/codec.js';
import { ProtocolError } from '../src/index.js';
import type { Barrier, BarrierOrder, Block, Envelope, LinkMessage, Rows, Sums } from '../src/index.js';
import {
  changed,
  changes,
  character,
  hold,
  hostile,
  LIMIT_MS,
  pack,
  RUNS,
  SEED,
  Tally,
  values,
} from './fuzz-support.js';
import { craft, encode, xorshift } from './support.js';

/** A header that claims gigabytes must not get them. */
const MOST_GROWTH_BYTES = 512 * 2 ** 20;
t.setTimeout(LIMIT_MS);

const count = fc.oneof(fc.nat(1_000), fc.integer({ min: 0, max: 0xffff_ffff }));
/** Up to 60 UTF-16 units of whole characters. */
const name = fc.string({ unit: character, minLength: 1, maxLength: 30 });
/** Rows and columns: mostly few and odd, at times enough for the block to be a part of its own. */
const shape = fc.oneof(
  { weight: 60, arbitrary: fc.tuple(fc.nat(7), fc.nat(19)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(1, 3), fc.integer({ min: 4_000, max: 6_000 })) },
);
const block = fc
  .tuple(name, fc.constantFrom('f32', 'f64', 'u8'), shape, fc.integer({ min: 1, max: 2 ** 31 }))
  .map(blockOf);
const order: fc.Arbitrary<BarrierOrder> = fc.oneof(
  fc.record({ type: fc.constant('epoch-end'), epoch: count, batches: count }),
  fc.record({ type: fc.constantFrom('evaluate', 'evaluated'), epoch: count }),
  fc.record({ type: fc.constantFrom('snapshot', 'observe'), step: count }),
  fc.record({ type: fc.constant('store-model') }),
  fc.record({ type: fc.constant('end'), outcome: fc.constantFrom('completed', 'stopped') }),
);
const blocks = fc.uniqueArray(block, { maxLength: 5, selector: ({ name }) => name });
const rows: fc.Arbitrary<Rows> = fc.record(
  {
    kind: fc.constant('rows'),
    purpose: fc.constantFrom('train', 'score'),
    epoch: count,
    batch: count,
    positive: count,
    negative: count,
    neutral: count,
    sentAt: fc.double({ noNaN: true, noDefaultInfinity: true }).map((time) => time + 0),
    blocks,
  },
  { requiredKeys: ['kind', 'purpose', 'epoch', 'batch', 'positive', 'negative', 'neutral', 'blocks'] },
);
const barrier: fc.Arbitrary<Barrier> = fc.oneof(
  fc.record({ kind: fc.constant('barrier'), order }),
  fc.record({
    kind: fc.constant('barrier'),
    order,
    blocks: fc.uniqueArray(block, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
  }),
);
const sums: fc.Arbitrary<Sums> = fc.record({
  kind: fc.constant('sums'),
  purpose: fc.constantFrom('train', 'score', 'look'),
  epoch: count,
  batch: count,
  blocks,
});
const frames: fc.Arbitrary<LinkMessage> = fc.oneof(rows, barrier, sums);
const envelopes: fc.Arbitrary<Envelope> = fc.record({
  run: fc.string({ unit: character, maxLength: 50 }),
  incarnation: count,
  generation: count,
  sequence: fc.maxSafeNat(),
});
/** Frames to damage, small so that much of the damage falls on what decides. */
const sound = fc.tuple(envelopes, frames).map(([envelope, frame]) => encode(frame, envelope));

/** A block of numbers that follow from a seed; any bits, so NaN and infinities too. */
function blockOf([name, type, shape, seed]: [string, Block['type'], [number, number], number]): Block {
  const length = shape[0] * shape[1];
  const pattern = Uint32Array.from({ length: 64 }, xorshift(seed));
  const words = Uint32Array.from({ length: 2 * length }, (_, index) => pattern[index % 64] as number);
  switch (type) {
    case 'f32':
      return { name, type, shape, data: new Float32Array(words.buffer, 0, length) };
    case 'f64':
      return { name, type, shape, data: new Float64Array(words.buffer) };
    case 'u8':
      return { name, type, shape, data: Uint8Array.from(words.subarray(0, length)) };
  }
}

const place = fc.tuple(fc.boolean(), fc.nat());
const damage = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('flip'), place, bit: fc.nat(7) }),
    fc.record({ type: fc.constant('cut'), place }),
    fc.record({ type: fc.constant('insert'), place, bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
    fc.record({ type: fc.constant('remove'), place, length: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ type: fc.constant('word'), place, word: fc.constantFrom(0, 1, 15, 16, 0x7fff_ffff, 0xffff_ffff) }),
    fc.record({ type: fc.constant('claim'), place, word: fc.nat(300_000) }),
    fc.record({ type: fc.constant('extend'), place, length: fc.integer({ min: 1, max: 100 }) }),
  ),
  { minLength: 1, maxLength: 3 },
);
type Damage = typeof damage extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

function damaged(bytes: Uint8Array, one: Damage): Uint8Array {
  const [inHeader, number] = one.place;
  // Half of the damage goes to the header, where the decisions are.
  const at = number % (Math.min(bytes.length, inHeader ? 160 : Infinity) + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (one.type) {
    case 'flip':
      return Uint8Array.from(bytes).fill((bytes[at] ?? 0) ^ (1 << one.bit), at, at + 1);
    case 'cut':
      return before;
    case 'insert':
      return new Uint8Array(Buffer.concat([before, one.bytes, after]));
    case 'remove':
      return new Uint8Array(Buffer.concat([before, after.subarray(one.length)]));
    case 'word':
      return overwritten(bytes, at, one.word);
    case 'claim':
      return overwritten(bytes, 4, one.word);
    case 'extend':
      return new Uint8Array(Buffer.concat([bytes, new Uint8Array(one.length)]));
  }
}

function overwritten(bytes: Uint8Array, at: number, word: number): Uint8Array {
  const copy = bytes.slice();
  if (at + 4 <= copy.length) new DataView(copy.buffer).setUint32(at, word, true);
  return copy;
}

/** What stands before the blocks, and their bytes. */
function opened(bytes: Uint8Array): { readonly header: object; readonly body: Uint8Array } {
  const { envelope, frame } = decode([bytes]);
  const headerBytes = new DataView(bytes.buffer).getUint32(4, true);
  const body = bytes.subarray(Math.ceil((8 + headerBytes) / 16) * 16);
  const { blocks = [], ...rest } = frame;
  return { header: { envelope, frame: rest, blocks: blocks.map(({ data: _, ...described }) => described) }, body };
}

/** Refused by a ProtocolError, or a frame that could have been sent: it comes back from being sent. */
function judge(bytes: Uint8Array, tally: Tally): void {
  let decoded;
  try {
    decoded = decode([bytes]);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    tally.refused++;
    return;
  }
  tally.accepted++;
  const again = decode([encode(decoded.frame, decoded.envelope)]);
  if (!isDeepStrictEqual(again, decoded)) throw new Error('The frame that was accepted is another one when sent again');
}

/** The next sound frame is read as if nothing had been before. */
const CANARY: Barrier = { kind: 'barrier', order: { type: 'snapshot', step: 7 } };
const CANARY_ENVELOPE: Envelope = { run: 'canary', incarnation: 1, generation: 2, sequence: 3 };
const CANARY_BYTES = encode(CANARY, CANARY_ENVELOPE);

function isUntouched(): boolean {
  return isDeepStrictEqual(decode([CANARY_BYTES]), { envelope: CANARY_ENVELOPE, frame: CANARY });
}

t.test('any frame comes back as it was, whatever parts it arrives in', (t) => {
  const cuts = fc.array(fc.nat(), { maxLength: 8 });
  hold(
    fc.property(envelopes, frames, cuts, (envelope, frame, numbers) => {
      // Of plain objects, which are what the codec makes; some of fast-check's have no prototype.
      const sent = structuredClone({ envelope, frame });
      const bytes = encode(sent.frame, sent.envelope);
      const cuts = numbers.map((number) => number % (bytes.length + 1)).sort((a, b) => a - b);
      const parts = [0, ...cuts].map((cut, index) => bytes.slice(cut, cuts[index] ?? bytes.length));
      return isDeepStrictEqual(decode(parts), sent);
    }),
    Math.ceil(RUNS / 10),
  );
  t.pass(`seed ${SEED}`);
  t.end();
});

const MALFORMED: Record<string, fc.Arbitrary<Uint8Array>> = {
  'damaged frames': fc
    .tuple(sound, damage)
    .map(([bytes, changes]) => ({ bytes, bad: changes.reduce(damaged, bytes) }))
    .filter(({ bytes, bad }) => !Buffer.from(bytes).equals(bad))
    .map(({ bad }) => bad),
  'headers with other values': fc.tuple(sound, changes).map(([bytes, changes]) => {
    const { header, body } = opened(bytes);
    return craft(undefined, body, pack(changed(header, changes)));
  }),
  'headers of anything': fc.tuple(values, fc.uint8Array({ maxLength: 32 })).map(([value, body]) => {
    return craft(undefined, body, pack(value));
  }),
  'headers of hostile MessagePack': fc.tuple(hostile, fc.uint8Array({ maxLength: 32 })).map(([packed, body]) => {
    return craft(undefined, body, packed);
  }),
};

for (const [what, malformed] of Object.entries(MALFORMED)) {
  t.test(`${what} are refused, or as good as a frame that somebody sent`, (t) => {
    const tally = new Tally();
    const before = process.memoryUsage.rss();
    const runs = Math.ceil(RUNS / Object.keys(MALFORMED).length);
    hold(
      fc.property(malformed, (bytes) => {
        judge(bytes, tally);
        return isUntouched();
      }),
      runs,
    );
    t.comment(`${what}: ${tally.toString()}`);
    t.equal(tally.accepted + tally.refused, runs);
    t.ok(tally.refused > runs / 4, `${tally.refused} of ${runs} refused`);
    const growth = process.memoryUsage.rss() - before;
    t.ok(growth < MOST_GROWTH_BYTES, `resident memory has grown by ${growth} bytes`);
    t.equal(({} as { admin?: boolean }).admin, undefined);
    t.end();
  });
}
