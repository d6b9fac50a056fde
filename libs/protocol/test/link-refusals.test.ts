import { once } from 'node:events';
import { connect } from 'node:net';
import { bearer, newSecret } from '@layerline/security';
import { Packr } from 'msgpackr';
import t from 'tap';
import { WebSocket } from 'ws';
import { InboundLink, largestWindow, OutboundLink } from '../src/index.js';
import type { Frame, LinkServer } from '../src/index.js';
import {
  craft,
  dialHostile,
  encode,
  END,
  envelope,
  HOST,
  IDENTITY,
  OLDER_LIVES,
  PROTOCOL,
  rawConsumer,
  rows,
  sizeOf,
  sums,
  TICKET,
  TOWARDS,
} from './support.js';

const packr = new Packr({ useRecords: false });
const FRAME = rows(2, 3);
const SIZE = sizeOf(FRAME);

type Test = { teardown(end: () => void): void };

async function listen(t: Test): Promise<{ server: LinkServer<OutboundLink>; port: number }> {
  const server = OutboundLink.server({ host: HOST, ...TOWARDS, maxFrameBytes: SIZE });
  t.teardown(() => server.close());
  return { server, port: await server.listen() };
}

function dial(port: number, ticket = TICKET, maxFrameBytes = SIZE): Promise<InboundLink> {
  return InboundLink.dial({
    address: `ws://${HOST}:${port}`,
    ticket,
    producer: 'layer-1',
    identity: IDENTITY,
    maxFrameBytes,
  });
}

/** How a request to open a WebSocket is answered. */
function knock(
  port: number,
  options: { path?: string; protocol?: string; headers?: Record<string, string> },
): Promise<string> {
  const { path = '/link', protocol = PROTOCOL, headers = {} } = options;
  const socket = new WebSocket(`ws://${HOST}:${port}${path}`, protocol, {
    headers: { authorization: bearer(TICKET), ...headers },
  });
  return new Promise((resolve) => {
    socket.on('error', (error) => resolve(error.message));
    socket.on('open', () => resolve('open'));
    socket.on('unexpected-response', (_, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
  });
}

/** A link to a producer that sends whatever bytes a test wants, one message each. */
async function hostile(
  t: Test,
  messages: readonly (Uint8Array | string)[],
  maxFrameBytes = SIZE,
): Promise<{ inbound: InboundLink; socket: WebSocket }> {
  const { link, socket } = await dialHostile(t, (port) => dial(port, TICKET, maxFrameBytes), messages);
  return { inbound: link, socket };
}

async function readAll(inbound: InboundLink): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of inbound) frames.push(frame);
  return frames;
}

t.test('who may not link is refused with the reason, and the link stays free for who may', async (t) => {
  const { server, port } = await listen(t);
  t.equal(await knock(port, { headers: { authorization: bearer('guess') } }), '403 the token is wrong');
  t.equal(await knock(port, { headers: { authorization: bearer(newSecret()) } }), '403 the token is wrong');
  t.equal(await knock(port, { headers: { authorization: '' } }), '403 the token is missing');
  t.equal(await knock(port, { headers: { authorization: `Basic ${TICKET}` } }), '403 the token is missing');
  t.equal(
    await knock(port, { headers: { origin: 'https://example.com' } }),
    '403 requests from web pages are not allowed',
  );
  t.equal(
    await knock(port, { headers: { origin: `http://${HOST}:${port}` } }),
    '403 requests from web pages are not allowed',
  );
  t.equal(await knock(port, { headers: { host: 'evil.example:80' } }), '403 this server is not evil.example');
  t.equal(
    await knock(port, { headers: { host: `${HOST}.evil.example` } }),
    `403 this server is not ${HOST}.evil.example`,
  );
  t.equal(await knock(port, { headers: { host: 'ä' } }), '403 this server is not ä', 'the length is that of the bytes');
  t.equal(await knock(port, { path: '/' }), '403 there is nothing at this path');
  t.equal(await knock(port, { path: '/link?x' }), '403 there is nothing at this path');
  t.equal(
    await knock(port, { protocol: 'layerline-link.0' }),
    `403 this server speaks ${PROTOCOL}, not layerline-link.0`,
  );
  await t.rejects(dial(port, 'guess'), { code: 'ERR_CONNECTION_LOST', message: /layer-1: dialling .*403/ });
  t.equal((await fetch(`http://${HOST}:${port}/link`)).status, 426);
  const inbound = await dial(port);
  await server.connected();
  t.equal(await knock(port, {}), '403 this link has its peer already');
  t.equal(await knock(port, { headers: { authorization: bearer('guess') } }), '403 the token is wrong');
  inbound.close();
});

t.test('localhost is a name of this machine, and an IPv6 address is told from its port', async (t) => {
  const { port } = await listen(t);
  t.equal(await knock(port, { headers: { host: `localhost:${port}` } }), 'open');
  const other = OutboundLink.server({ host: '::1', ...TOWARDS });
  t.teardown(() => other.close());
  const listening = await other.listen().catch(() => undefined);
  if (listening === undefined) return t.comment('this machine has no IPv6');
  const socket = new WebSocket(`ws://[::1]:${listening}/link`, PROTOCOL, {
    headers: { authorization: bearer(TICKET) },
  });
  await once(socket, 'open');
  socket.terminate();
});

t.test('a peer that is refused and hangs up in the middle does no harm', async (t) => {
  const { server, port } = await listen(t);
  const request = 'GET /link HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  for (let times = 0; times < 50; times++) {
    const socket = connect(port, HOST);
    await once(socket, 'connect');
    await new Promise<void>((resolve) => socket.write(request, () => resolve()));
    socket.resetAndDestroy();
    await once(socket, 'close');
  }
  const polite = connect({ port, host: HOST, allowHalfOpen: true });
  polite.write(request);
  polite.resume();
  await once(polite, 'end');
  t.pass('a refused peer is hung up on even when it does not hang up itself');
  polite.destroy();
  const inbound = await dial(port);
  t.ok(await server.connected());
  inbound.close();
});

t.test('frames of an older life are dropped, and their credit is given back', async (t) => {
  const old = (sequence: number, incarnation: number, generation: number): Uint8Array =>
    encode(FRAME, { ...IDENTITY, incarnation, generation, sequence });
  const { inbound, socket } = await hostile(t, []);
  let granted = 0;
  socket.on('message', (data: Buffer) => (granted += (packr.unpack(data) as { bytes: number }).bytes));
  let sent = 0;
  const reading = readAll(inbound);
  const send = async (bytes: Uint8Array): Promise<void> => {
    while (granted < sent + bytes.length) await once(socket, 'message');
    sent += bytes.length;
    socket.send(bytes);
  };
  for (let times = 0; times < 40; times++) {
    const [incarnation, generation] = OLDER_LIVES[times % OLDER_LIVES.length] as (typeof OLDER_LIVES)[number];
    await send(old(times, incarnation, generation));
  }
  await send(encode(FRAME, envelope(0)));
  await send(encode(END, envelope(1)));
  t.same(await reading, [FRAME, END]);
  t.ok(sent > 40 * SIZE);
  t.match(inbound.account, { frames: 2, bytes: SIZE + sizeOf(END) }, 'late frames are not counted');
});

t.test('whatever else is not the frame that is due ends the link', async (t) => {
  const cases: Record<string, [messages: (Uint8Array | string)[], message: RegExp, delivered: number]> = {
    'a gap': [
      [encode(FRAME, envelope(0)), encode(FRAME, envelope(2))],
      /sent frame 2 of generation 2\.3 where frame 1 of/,
      1,
    ],
    'a repetition': [[encode(FRAME, envelope(0)), encode(FRAME, envelope(0))], /sent frame 0 .* where frame 1/, 1],
    'a newer generation': [
      [encode(FRAME, envelope(0, { ...IDENTITY, generation: 4 }))],
      /frame 0 of generation 2\.4/,
      0,
    ],
    'a newer incarnation': [
      [encode(FRAME, envelope(0, { ...IDENTITY, incarnation: 3, generation: 0 }))],
      /generation 3\.0/,
      0,
    ],
    'another run': [[encode(FRAME, envelope(0, { ...IDENTITY, run: 'run-2' }))], /sent a frame of run run-2/, 0],
    garbage: [[Buffer.from('garbage')], /sent something that is not a frame: .* does not start with LLF1/, 0],
    nothing: [[new Uint8Array(0)], /not a frame: .* does not start with LLF1/, 0],
    sums: [[encode(sums(1))], /not a frame: Sums came where rows or a barrier were due$/, 0],
    text: [['LLF1'], /sent text where a frame was due$/, 0],
    'a damaged header': [
      [craft(undefined, undefined, Buffer.alloc(20, 0xc1))],
      /not a frame: .* is not MessagePack/,
      0,
    ],
    'a frame beyond the limit': [
      [encode(rows(3, 3))],
      /layer-1 sent something other than a frame of at most \d+ bytes/,
      0,
    ],
    'more than was granted': [
      [0, 1, 2, 3].map((sequence) => encode(FRAME, envelope(sequence))),
      /more than it was granted/,
      3,
    ],
  };
  for (const [what, [messages, message, delivered]] of Object.entries(cases)) {
    await t.test(what, async (t) => {
      const { inbound, socket } = await hostile(t, messages);
      // Not read before the link has been ended, so that nothing is given back.
      await once(socket, 'close');
      const reader = inbound[Symbol.asyncIterator]();
      for (let times = 0; times < delivered; times++) t.same((await reader.next()).value, FRAME);
      const error = await reader.next().catch((reason: unknown) => reason);
      t.match(error, { name: 'ProtocolError', code: 'ERR_PROTOCOL', message });
      t.match((error as Error).message, /^layer-1 sent /, 'whoever sent it is named');
      t.equal(inbound.account.frames, delivered);
    });
  }
});

t.test('nothing is taken from a producer after its first fault', async (t) => {
  const bad = Buffer.from('garbage');
  const { inbound } = await hostile(t, [bad, encode(FRAME, envelope(0)), encode(END, envelope(1))]);
  await t.rejects(readAll(inbound), { code: 'ERR_PROTOCOL', message: /LLF1/ });
});

t.test('a consumer may send credits and nothing else', async (t) => {
  const credit = { type: 'credit', incarnation: 2, generation: 3, bytes: 1 };
  const wrong: Record<string, string | Uint8Array> = {
    text: 'hello',
    'no MessagePack': Buffer.from([0xc1]),
    'another message': packr.pack({ ...credit, type: 'debit' }),
    'no bytes': packr.pack({ ...credit, bytes: 0 }),
    'bytes below 0': packr.pack({ ...credit, bytes: -5 }),
    'half a byte': packr.pack({ ...credit, bytes: 0.5 }),
    'bytes that are no number': packr.pack({ ...credit, bytes: NaN }),
    'too much at once': Buffer.alloc(1025),
  };
  for (const [what, message] of Object.entries(wrong)) {
    await t.test(what, async (t) => {
      const { server, port } = await listen(t);
      const socket = await rawConsumer(port);
      const outbound = await server.connected();
      const waiting = outbound.send(END);
      socket.send(message);
      await t.rejects(waiting, { code: 'ERR_PROTOCOL', message: /^layer-2 sent something that is not a credit: / });
      const [code] = (await once(socket, 'close')) as [number];
      t.equal(code, what === 'too much at once' ? 1009 : 1002);
    });
  }
});

t.test('credit of another generation does not count', async (t) => {
  const { server, port } = await listen(t);
  const socket = await rawConsumer(port);
  const outbound = await server.connected();
  const sending = outbound.send(FRAME);
  const credit = { type: 'credit', incarnation: 2, generation: 3, bytes: SIZE };
  for (const [incarnation, generation] of [
    [2, 2],
    [2, 4],
    [1, 3],
  ])
    socket.send(packr.pack({ ...credit, incarnation, generation }));
  socket.ping();
  await once(socket, 'pong');
  t.match(outbound.account, { frames: 0, bytes: 0 });
  socket.send(packr.pack(credit));
  await sending;
  t.match(outbound.account, { frames: 1, bytes: SIZE });
  socket.terminate();
});

const CREDIT = { type: 'credit', incarnation: 2, generation: 3 } as const;

t.test('credit beyond the largest window ends the link, and names who gave it', async (t) => {
  const { server, port } = await listen(t);
  const socket = await rawConsumer(port);
  const outbound = await server.connected();
  const waiting = outbound.send(FRAME);
  socket.send(packr.pack({ ...CREDIT, bytes: 2 ** 52 }));
  const refused = { name: 'ProtocolError', code: 'ERR_PROTOCOL', message: /^layer-2 grants 4503599627370496 bytes/ };
  await t.rejects(waiting, refused);
  t.same(await once(socket, 'close'), [1002, Buffer.from('more credit than the link has')]);
  await t.rejects(outbound.send(FRAME), refused);
  t.match(outbound.account, { frames: 0, bytes: 0 }, 'nothing was sent for it');
});

t.test('a consumer that grants and does not read has no more than the largest window pile up', async (t) => {
  // Larger than what the system itself takes for a socket.
  const frame = rows(512, 2000);
  const size = sizeOf(frame);
  const server = OutboundLink.server({ host: HOST, ...TOWARDS, maxFrameBytes: size });
  t.teardown(() => server.close());
  const socket = await rawConsumer(await server.listen());
  t.teardown(() => socket.terminate());
  const outbound = await server.connected();
  socket.pause();
  let most = 0;
  const sending = (async () => {
    for (;;) {
      socket.send(packr.pack({ ...CREDIT, bytes: size }));
      await outbound.send(frame);
      most = Math.max(most, outbound.socket.bufferedAmount);
    }
  })();
  await t.rejects(sending, { code: 'ERR_PROTOCOL', message: /^layer-2 grants / });
  t.ok(most > size, `${most} bytes have piled up`);
  t.ok(most < largestWindow(size) + 1024, `and no more than ${largestWindow(size)}`);
});

t.test('a frame that is larger than the plan allows is not sent', async (t) => {
  const { server, port } = await listen(t);
  const socket = await rawConsumer(port);
  t.teardown(() => socket.terminate());
  const outbound = await server.connected();
  await t.rejects(outbound.send(rows(3, 3)), {
    code: 'ERR_PROTOCOL',
    message: /on its way to layer-2: the plan allows/,
  });
});
