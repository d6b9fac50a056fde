import { once } from 'node:events';
import t from 'tap';
import type { WebSocket } from 'ws';
import { PeerLink } from '../src/index.js';
import {
  craft,
  dialHostile,
  encode,
  END,
  envelope,
  HOST,
  IDENTITY,
  OLDER_LIVES,
  rows,
  sizeOf,
  sums,
  TICKET,
} from './support.js';

type Test = { teardown(end: () => void): void };

const SUMS = sums(4);
const SIZE = sizeOf(SUMS);

/** A shard that is linked to a peer that sends whatever bytes a test wants, one message each. */
function hostile(
  t: Test,
  messages: readonly (Uint8Array | string)[],
  maxFrameBytes = SIZE,
): Promise<{ link: PeerLink; socket: WebSocket }> {
  const options = { ticket: TICKET, identity: IDENTITY, peer: 'layer-2/1', maxFrameBytes };
  return dialHostile(t, (port) => PeerLink.dial({ ...options, address: `ws://${HOST}:${port}` }), messages);
}

t.test('whatever is not the sums that are due ends the link', async (t) => {
  const inOrder = (count: number) => Array.from({ length: count }, (_, sequence) => encode(SUMS, envelope(sequence)));
  const newer = (identity: object) => [encode(SUMS, envelope(0, { ...IDENTITY, ...identity }))];
  const cases: Record<string, [messages: (Uint8Array | string)[], message: RegExp, delivered?: number]> = {
    'more than two': [inOrder(3), /sent more sums while 2 frames of them were still unread$/, 2],
    'a gap': [[encode(SUMS, envelope(0)), encode(SUMS, envelope(2))], /sent frame 2 of .* where frame 1 of/, 1],
    'a repetition': [[encode(SUMS, envelope(0)), encode(SUMS, envelope(0))], /sent frame 0 of .* where frame 1 of/, 1],
    'a newer generation': [newer({ generation: 4 }), /frame 0 of generation 2\.4/],
    'a newer incarnation': [newer({ incarnation: 3, generation: 0 }), /frame 0 of generation 3\.0/],
    'another run': [newer({ run: 'run-2' }), /sent a frame of run run-2$/],
    rows: [[encode({ ...rows(0, 0), blocks: [] })], /not a frame of sums: Rows came where sums were due$/],
    'a barrier': [[encode(END)], /not a frame of sums: A barrier came where sums were due$/],
    text: [['LLF1'], /sent text where a frame of sums was due$/],
    garbage: [[Buffer.from('garbage')], /not a frame of sums: .* does not start with LLF1/],
    nothing: [[new Uint8Array(0)], /not a frame of sums: .* does not start with LLF1/],
    'a damaged header': [[craft(undefined, undefined, Buffer.alloc(20, 0xc1))], /not a frame of sums: .* MessagePack/],
    'sums beyond the limit': [[encode(sums(5))], /sent something other than a frame of sums of at most \d+ bytes: Max/],
  };
  for (const [what, [messages, message, delivered = 0]] of Object.entries(cases)) {
    await t.test(what, async (t) => {
      const { link, socket } = await hostile(t, messages);
      // Nothing is read before the link has been ended.
      await once(socket, 'close');
      for (let times = 0; times < delivered; times++) t.same(await link.receive(), SUMS);
      const error = await link.receive().catch((reason: unknown) => reason);
      t.match(error, { name: 'ProtocolError', code: 'ERR_PROTOCOL', message });
      t.match((error as Error).message, /^layer-2\/1 sent /, 'whoever sent it is named');
    });
  }
});

t.test('nothing is taken from a peer after its first fault', async (t) => {
  const { link } = await hostile(t, [Buffer.from('garbage'), encode(SUMS, envelope(0))]);
  await t.rejects(link.receive(), { code: 'ERR_PROTOCOL', message: /LLF1/ });
  await t.rejects(link.receive(), { code: 'ERR_PROTOCOL', message: /LLF1/ });
});

t.test('sums of an older life are dropped', async (t) => {
  const late = OLDER_LIVES.map(([incarnation, generation], sequence) => {
    return encode(sums(1, 9), { ...IDENTITY, incarnation, generation, sequence });
  });
  const { link } = await hostile(t, [...late, encode(SUMS, envelope(0)), ...late, encode(sums(3, 1), envelope(1))]);
  t.same(await link.receive(), SUMS);
  t.same(await link.receive(), sums(3, 1));
});

t.test('a peer that sends and does not read has no more than two frames wait for it', async (t) => {
  // Larger than what the system itself takes for a socket.
  const large = sums(500_000);
  const { link, socket } = await hostile(t, [], sizeOf(large));
  socket.pause();
  const exchange = (async () => {
    for (let sequence = 0; sequence < 100; sequence++) {
      link.send(large);
      socket.send(encode(SUMS, envelope(sequence)));
      await link.receive();
    }
  })();
  await t.rejects(exchange, {
    code: 'ERR_PROTOCOL',
    message: 'layer-2/1 goes on without reading what it is sent: 2 frames of sums still wait for it here',
  });
  t.equal(link.account.frames, 2);
});
