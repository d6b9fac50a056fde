import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import t from 'tap';
import { limitedServer, markAuthorized, MAX_REQUEST_HEADER_BYTES, selfSignedCertificate } from '../src/index.js';
import type { Certificate, ServerLimits } from '../src/index.js';
import { HOST } from './support.js';

type Test = { teardown(end: () => void): void };

const own = await selfSignedCertificate([HOST]);
const AMPLE: ServerLimits = { connections: 100, connectionsPerAddress: 100 };
/** On Linux, all of 127.0.0.0/8 is this machine. */
const OTHER_HOST = '127.0.0.2';
const ONE_ADDRESS = process.platform !== 'linux' && 'this machine has one address only';
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n';

async function serve(t: Test, limits: ServerLimits, certificate?: Certificate): Promise<number> {
  const server: Server = limitedServer(certificate, limits, (request, response) => {
    if (request.headers.authorization === 'Bearer good') markAuthorized(request.socket);
    response.end('hello');
  });
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function reach(port: number, localAddress: string, isSecure: boolean): Socket {
  const socket = connect({ host: HOST, port, localAddress });
  return isSecure ? connectSecurely({ socket, rejectUnauthorized: false }) : socket;
}

/** A connection that is authorized and stays open, or undefined where it was hung up on. */
function visit(t: Test, port: number, localAddress = HOST, isSecure = false): Promise<Socket | undefined> {
  const socket = reach(port, localAddress, isSecure);
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.write(REQUEST);
  return new Promise((resolve) => {
    socket.once('data', () => resolve(socket));
    socket.once('close', () => resolve(undefined));
  });
}

/** A connection that is there and says nothing, after TLS or before. */
async function lurk(t: Test, port: number, localAddress = HOST, afterTls = false): Promise<Socket> {
  const socket = reach(port, localAddress, afterTls);
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined).resume();
  await once(socket, afterTls ? 'secureConnect' : 'connect');
  return socket;
}

/** Whether a guest is still served. */
async function isServed(guest: Socket | undefined): Promise<boolean> {
  if (guest === undefined || guest.closed) return false;
  guest.write(REQUEST);
  return new Promise((resolve) => {
    guest.once('data', () => resolve(true));
    guest.once('close', () => resolve(false));
  });
}

async function leave(socket: Socket | undefined): Promise<void> {
  if (socket !== undefined) await over(socket.destroy());
}

/** Until a connection is over, be it by an end or by a reset, which `once` would take for a failure. */
function over(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
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

t.test('authorized connections beyond the limit are hung up on, and the others go on', async (t) => {
  const port = await serve(t, { ...AMPLE, connections: 3 });
  const guests = [await visit(t, port), await visit(t, port), await visit(t, port)];
  t.ok(guests.every((guest) => guest !== undefined));
  for (let times = 0; times < 5; times++) t.equal(await visit(t, port), undefined);
  for (const guest of guests) t.ok(await isServed(guest));
  await leave(guests[0]);
  t.ok(await visitWhenFree(t, port));
});

t.test('one address does not take the room of others', { skip: ONE_ADDRESS }, async (t) => {
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
  const first = await visit(t, port, HOST, true);
  t.ok(first);
  for (let times = 0; times < 3; times++) t.equal(await visit(t, port, HOST, true), undefined);
  t.ok(await isServed(first));
  await leave(first);
  let again: Socket | undefined;
  while (again === undefined) again = await visit(t, port, HOST, true);
  t.ok(again.readable);
});

for (const [what, limits, addresses, skip] of [
  ['one address', { ...AMPLE, connectionsPerAddress: 4 }, [HOST], false],
  ['several addresses', { ...AMPLE, connections: 4 }, [OTHER_HOST, '127.0.0.3', '127.0.0.4'], ONE_ADDRESS],
] as const) {
  for (const [how, certificate, afterTls] of [
    ['in the clear', undefined, false],
    ['before TLS', own, false],
    ['after TLS', own, true],
  ] as const) {
    t.test(`strangers from ${what} who say nothing ${how} make room, the oldest first`, { skip }, async (t) => {
      const port = await serve(t, limits, certificate);
      const isSecure = certificate !== undefined;
      const guest = await visit(t, port, HOST, isSecure);
      const strangers: Socket[] = [];
      const gone = (): number[] => [...strangers.keys()].filter((index) => strangers[index]?.closed);
      for (let index = 0; index < 12; index++) {
        strangers.push(await lurk(t, port, addresses[index % addresses.length], afterTls));
      }
      // Of four, the guest has one, and three are left to the newest strangers.
      await Promise.all(strangers.slice(0, 9).map(over));
      t.same(gone(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
      const second = await visit(t, port, HOST, isSecure);
      t.ok(second, 'at once, with no room left');
      const third = await visit(t, port, HOST, isSecure);
      t.ok(third);
      await Promise.all(strangers.slice(9, 11).map(over));
      t.same(gone(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      for (const each of [guest, second, third]) t.ok(await isServed(each));
    });
  }
}

t.test('who has shown a wrong secret, or none, is as much a stranger as who says nothing', async (t) => {
  const port = await serve(t, { ...AMPLE, connectionsPerAddress: 2 });
  const strangers: Socket[] = [];
  for (const header of ['', 'Authorization: Bearer bad\r\n']) {
    const stranger = await lurk(t, port);
    stranger.write(`GET / HTTP/1.1\r\nHost: x\r\n${header}\r\n`);
    await once(stranger, 'data');
    strangers.push(stranger);
  }
  const ends = Promise.all(strangers.map(over));
  const guests = [await visit(t, port), await visit(t, port)];
  await ends;
  for (const guest of guests) t.ok(await isServed(guest));
});

t.test('a stranger does not make room for one at another address that has room', { skip: ONE_ADDRESS }, async (t) => {
  const port = await serve(t, { connections: 4, connectionsPerAddress: 2 });
  const stranger = await lurk(t, port, OTHER_HOST);
  const guests = [await visit(t, port), await visit(t, port)];
  t.equal(await visit(t, port), undefined, 'all there are authorized');
  stranger.write(REQUEST);
  t.match(String((await once(stranger, 'data'))[0]), /^HTTP\/1\.1 200 /);
  for (const guest of guests) t.ok(await isServed(guest));
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
