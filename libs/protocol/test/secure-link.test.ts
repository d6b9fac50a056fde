import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { selfSignedCertificate } from '@layerline/security';
import type { Certificate, Trust } from '@layerline/security';
import t from 'tap';
import { InboundLink, OutboundLink } from '../src/index.js';
import type { Frame, LinkServer } from '../src/index.js';
import { END, HOST, IDENTITY, rows, sizeOf, TICKET } from './support.js';

type Test = { teardown(end: () => void): void };
type End = InboundLink | OutboundLink;

/** Frames that a consumer takes before it has read any. */
const FIRST_WINDOW = 3;
const SIZE = sizeOf(rows(100, 50));
const [own, other] = [await selfSignedCertificate([HOST]), await selfSignedCertificate([HOST])];
const TRUST: Trust = { fingerprint: own.fingerprint };

/** Which end waits for the other. */
const DIRECTIONS = ['the consumer dials', 'the producer dials'] as const;
type Direction = (typeof DIRECTIONS)[number];

const from = { producer: 'layer-1', identity: IDENTITY, maxFrameBytes: SIZE };
const to = { consumer: 'layer-2', identity: IDENTITY, maxFrameBytes: SIZE };

function serve(t: Test, direction: Direction, certificate?: Certificate, ticket = TICKET) {
  const site = { host: HOST, ticket, certificate };
  const server: LinkServer<End> =
    direction === 'the consumer dials'
      ? OutboundLink.server({ ...site, ...to })
      : InboundLink.server({ ...site, ...from });
  t.teardown(() => server.close());
  return server;
}

async function dial(direction: Direction, address: string, trust?: Trust, ticket = TICKET): Promise<End> {
  const at = { address, trust, ticket };
  return direction === 'the consumer dials'
    ? InboundLink.dial({ ...at, ...from })
    : OutboundLink.dial({ ...at, ...to });
}

async function link(t: Test, direction: Direction, certificate?: Certificate) {
  const server = serve(t, direction, certificate);
  const address = `${certificate ? 'wss' : 'ws'}://${HOST}:${await server.listen()}`;
  const dialled = await dial(direction, address, certificate && TRUST);
  t.teardown(() => dialled.close());
  const ends = [dialled, await server.connected()];
  const inbound = ends.find((end) => end instanceof InboundLink) as InboundLink;
  const outbound = ends.find((end) => end instanceof OutboundLink) as OutboundLink;
  return { inbound, outbound, server };
}

for (const direction of DIRECTIONS) {
  for (const certificate of [own, undefined]) {
    t.test(`${direction}, ${certificate ? 'over TLS' : 'in the clear'}: frames come in order`, async (t) => {
      const { inbound, outbound, server } = await link(t, direction, certificate);
      server.stopListening();
      const frames = [...Array.from({ length: 20 }, (_, batch) => rows(100, 50, batch)), END];
      const sending = (async () => {
        for (const frame of frames) await outbound.send(frame);
        await outbound.drained();
      })();
      const received: Frame[] = [];
      for await (const frame of inbound) received.push(frame);
      await sending;
      t.ok(isDeepStrictEqual(received, frames));
      t.match(outbound.account, { frames: frames.length, bytes: inbound.account.bytes });
    });
  }

  t.test(`${direction}: without credit nothing is sent`, async (t) => {
    const { inbound, outbound } = await link(t, direction, own);
    const frames = Array.from({ length: FIRST_WINDOW + 1 }, (_, batch) => rows(100, 50, batch));
    const sending = (async () => {
      for (const frame of frames) await outbound.send(frame);
    })();
    do {
      outbound.socket.ping();
      await once(outbound.socket, 'pong');
    } while (inbound.account.frames < FIRST_WINDOW);
    t.match(outbound.account, { frames: FIRST_WINDOW });
    const reader = inbound[Symbol.asyncIterator]();
    t.ok(isDeepStrictEqual((await reader.next()).value, frames[0]));
    await sending;
    t.match(outbound.account, { frames: FIRST_WINDOW + 1 });
    inbound.close();
    await t.rejects(outbound.drained(), { code: 'ERR_CONNECTION_LOST', peer: 'layer-2' });
  });

  t.test(`${direction}: who has another ticket, or is known by another certificate, is refused`, async (t) => {
    const server = serve(t, direction, own);
    const address = `wss://${HOST}:${await server.listen()}`;
    await t.rejects(dial(direction, address, TRUST, 'another ticket'), {
      code: 'ERR_CONNECTION_LOST',
      message: /it answered 403: the token is wrong/,
    });
    await t.rejects(dial(direction, address, { fingerprint: other.fingerprint }), { code: 'ERR_UNTRUSTED_SERVER' });
    const welcome = await dial(direction, address, { ca: own.cert });
    await server.connected();
    await t.rejects(dial(direction, address, TRUST), { message: /403: this link has its peer already/ });
    welcome.close();
  });

  t.test(`${direction}: whoever speaks no TLS, or an older one, does no harm`, async (t) => {
    const server = serve(t, direction, own);
    const port = await server.listen();
    await t.rejects(dial(direction, `ws://${HOST}:${port}`), { code: 'ERR_CONNECTION_LOST' });
    await once(request({ host: HOST, port }).end(), 'error');
    const old = connect({ host: HOST, port, maxVersion: 'TLSv1.2', rejectUnauthorized: false });
    const [error] = (await once(old, 'error')) as [Error];
    t.match(error.message, /alert protocol version/);
    const welcome = await dial(direction, `wss://${HOST}:${port}`, TRUST);
    t.ok(await server.connected());
    welcome.close();
  });
}

t.test('the other end of a cut link hears of it in both directions', async (t) => {
  for (const direction of DIRECTIONS) {
    const { inbound, outbound } = await link(t, direction, own);
    outbound.close();
    await t.rejects(inbound[Symbol.asyncIterator]().next(), { code: 'ERR_CONNECTION_LOST', peer: 'layer-1' });
  }
});

t.test('servers share a range of ports, and say so when it is used up', async (t) => {
  const range = await freeRange(3);
  const servers = Array.from({ length: 3 }, () => serve(t, 'the consumer dials', own));
  const taken: number[] = [];
  for (const server of servers) taken.push(await server.listen(range));
  t.same(taken, [range.from, range.from + 1, range.to]);
  await t.rejects(serve(t, 'the producer dials', own).listen(range), {
    code: 'ERR_LISTEN',
    message: `Cannot listen on ${HOST}:${range.from}-${range.to}: the port is in use. Name another one, or 0 for any free port`,
  });
  servers[1]?.close();
  t.equal(await serve(t, 'the producer dials', own).listen(range), range.from + 1);
});

/** So many ports in a row that nobody uses now, among those that the system gives to no one who asks for any. */
async function freeRange(length: number): Promise<{ from: number; to: number }> {
  for (;;) {
    const from = 10_000 + Math.floor(Math.random() * 20_000);
    const servers = Array.from({ length }, (_, index) => createServer().listen(from + index, HOST));
    const free = await Promise.allSettled(servers.map((server) => once(server, 'listening')));
    const open = servers.filter((_, index) => free[index]?.status === 'fulfilled');
    await Promise.all(open.map((server) => new Promise((resolve) => server.close(resolve))));
    if (open.length === length) return { from, to: from + length - 1 };
  }
}
