import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import t from 'tap';
import { limitedServer, MAX_REQUEST_HEADER_BYTES, selfSignedCertificate } from '../src/index.js';
import type { Certificate, ServerLimits } from '../src/index.js';
import { HOST } from './support.js';

type Test = { teardown(end: () => void): void };

const own = await selfSignedCertificate([HOST]);
const AMPLE: ServerLimits = { connections: 100, connectionsPerAddress: 100 };
/** On Linux, all of 127.0.0.0/8 is this machine. */
const OTHER_HOST = '127.0.0.2';

async function serve(t: Test, limits: ServerLimits, certificate?: Certificate): Promise<number> {
  const server: Server = limitedServer(certificate, limits, (_, response) => response.end('hello'));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A connection that asks for something and stays open, or undefined where it was hung up on. */
function visit(t: Test, port: number, localAddress = HOST): Promise<Socket | undefined> {
  const socket = connect({ host: HOST, port, localAddress });
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return new Promise((resolve) => {
    socket.once('data', () => resolve(socket));
    socket.once('close', () => resolve(undefined));
  });
}

/** A connection over TLS that stays open, or undefined where it was hung up on. */
function shakeHands(t: Test, port: number): Promise<Socket | undefined> {
  const socket = connectSecurely({ host: HOST, port, rejectUnauthorized: false });
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.once('secureConnect', () => resolve(socket));
    socket.once('close', () => resolve(undefined));
  });
}

async function leave(socket: Socket | undefined): Promise<void> {
  socket?.destroy();
  if (socket !== undefined && !socket.closed) await over(socket);
}

/** Until a connection is over, be it by an end or by a reset, which `once` would take for a failure. */
function over(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined).resume();
    socket.once('close', () => resolve());
  });
}

/** Visits until there is room: a server hears of an end a little later than who made it. */
async function visitWhenFree(t: Test, port: number): Promise<Socket> {
  for (;;) {
    const socket = await visit(t, port);
    if (socket !== undefined) return socket;
  }
}

async function get(port: number, headers: Record<string, string> = {}): Promise<number | undefined> {
  const sent = request({ host: HOST, port, headers, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

t.test('connections beyond the limit are hung up on, and the others go on', async (t) => {
  const port = await serve(t, { ...AMPLE, connections: 3 });
  const guests = [await visit(t, port), await visit(t, port), await visit(t, port)];
  t.ok(guests.every((guest) => guest !== undefined));
  for (let times = 0; times < 5; times++) t.equal(await visit(t, port), undefined);
  for (const guest of guests) {
    guest?.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    if (guest) t.match(String((await once(guest, 'data'))[0]), /^HTTP\/1\.1 200 /);
  }
  await leave(guests[0]);
  t.ok(await visitWhenFree(t, port));
});

t.test('one address does not take the room of others', { skip: process.platform !== 'linux' }, async (t) => {
  const port = await serve(t, { ...AMPLE, connectionsPerAddress: 2 });
  const greedy = [await visit(t, port), await visit(t, port), await visit(t, port), await visit(t, port)];
  t.same(
    greedy.map((guest) => guest !== undefined),
    [true, true, false, false],
  );
  t.ok(await visit(t, port, OTHER_HOST));
  t.ok(await visit(t, port, OTHER_HOST));
  t.equal(await visit(t, port, OTHER_HOST), undefined);
  await leave(greedy[0]);
  t.ok(await visitWhenFree(t, port));
});

t.test('connections over TLS are counted and given back in the same way', async (t) => {
  const port = await serve(t, { ...AMPLE, connectionsPerAddress: 1 }, own);
  const first = await shakeHands(t, port);
  t.ok(first);
  for (let times = 0; times < 3; times++) t.equal(await shakeHands(t, port), undefined);
  await leave(first);
  let again: Socket | undefined;
  while (again === undefined) again = await shakeHands(t, port);
  t.ok(again.readable);
});

t.test('who takes too long to say anything is hung up on', async (t) => {
  const limits = { ...AMPLE, handshakeDeadlineMs: 100 };
  for (const [what, certificate, words, drip] of [
    ['silent', undefined, '', ''],
    ['silent before TLS', own, '', ''],
    ['slow in the middle of TLS', own, '\x16\x03\x01\x02\x00\x01', ''],
    ['slow in the middle of a request', undefined, 'GET / HTTP/1.1\r\nHost: x\r\nX-A: ', 'a'],
  ] as const) {
    await t.test(what, async (t) => {
      const port = await serve(t, limits, certificate);
      const socket = connect(port, HOST);
      const hungUp = over(socket);
      await once(socket, 'connect');
      socket.write(Buffer.from(words, 'latin1'));
      // A byte now and then does not help.
      const dripping = setInterval(() => socket.write(drip), limits.handshakeDeadlineMs / 5);
      await hungUp;
      clearInterval(dripping);
      t.pass('hung up on');
    });
  }
  await t.test('slow in the middle of a request over TLS', async (t) => {
    // Time for a handshake, on a busy machine too.
    const port = await serve(t, { ...AMPLE, handshakeDeadlineMs: 2000 }, own);
    const socket = connectSecurely({ host: HOST, port, rejectUnauthorized: false });
    const hungUp = over(socket);
    await once(socket, 'secureConnect');
    socket.write('GET / HTTP/1.1\r\n');
    await hungUp;
    t.pass('hung up on');
  });
});

t.test('a request with more to say than any of ours is refused', async (t) => {
  const port = await serve(t, AMPLE);
  t.equal(await get(port, { 'x-long': 'x'.repeat(MAX_REQUEST_HEADER_BYTES) }), 431);
  t.equal(await get(port, { 'x-long': 'x'.repeat(MAX_REQUEST_HEADER_BYTES / 2) }), 200);
});
