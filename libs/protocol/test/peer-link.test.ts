import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { selfSignedCertificate } from '@layerline/security';
import type { Certificate } from '@layerline/security';
import t from 'tap';
import { PeerLink } from '../src/index.js';
import type { Sums } from '../src/index.js';
import { dialHostile, encode, envelope, HOST, IDENTITY, sizeOf, sums, TICKET, xorshift } from './support.js';

type Test = { teardown(end: () => void): void };

const ROWS = 200;
const LINK = { ticket: TICKET, identity: IDENTITY, maxFrameBytes: sizeOf(sums(ROWS)) } as const;

/** Two shards of a layer, linked over a real socket. */
async function pair(t: Test, certificate?: Certificate): Promise<[PeerLink, PeerLink]> {
  const server = PeerLink.server({ ...LINK, host: HOST, peer: 'layer-2/2', certificate });
  const address = `${certificate ? 'wss' : 'ws'}://${HOST}:${await server.listen()}`;
  const trust = certificate && { fingerprint: certificate.fingerprint };
  const second = await PeerLink.dial({ ...LINK, address, trust, peer: 'layer-2/1' });
  const first = await server.connected();
  t.teardown(() => {
    second.close();
    server.close();
  });
  return [first, second];
}

/** What a shard sends, the same for the same seed. */
function exchanged(seed: number, count: number): Sums[] {
  const random = xorshift(seed);
  return Array.from({ length: count }, (_, batch) => sums(random() % ROWS, batch));
}

/** A shard's side of the exchange. @returns what it has received */
async function exchange(link: PeerLink, own: readonly Sums[]): Promise<Sums[]> {
  const received: Sums[] = [];
  for (const each of own) {
    link.send(each);
    received.push(await link.receive());
  }
  return received;
}

for (const certificate of [undefined, await selfSignedCertificate([HOST])]) {
  t.test(`two shards exchange sums in lockstep ${certificate ? 'over TLS' : 'in the clear'}`, async (t) => {
    const began = performance.now();
    const [first, second] = await pair(t, certificate);
    const [ofFirst, ofSecond] = [exchanged(1, 300), exchanged(2, 300)];
    const received = await Promise.all([exchange(first, ofFirst), exchange(second, ofSecond)]);
    t.ok(isDeepStrictEqual(received, [ofSecond, ofFirst]));
    for (const [link, own] of [
      [first, ofFirst],
      [second, ofSecond],
    ] as const) {
      const bytes = own.reduce((total, each) => total + sizeOf(each), 0);
      t.match(link.account, { frames: own.length, bytes }, 'what was sent is counted');
    }
    const milliseconds = first.account.milliseconds + second.account.milliseconds;
    t.ok(milliseconds > 0 && milliseconds <= performance.now() - began, `${milliseconds} ms of one event loop`);
  });
}

t.test('to read is work too', async (t) => {
  const [first, second] = await pair(t);
  first.send(sums(3));
  await second.receive();
  t.match(second.account, { frames: 0, bytes: 0 });
  t.ok(second.account.milliseconds > 0);
});

t.test('a shard may be one frame ahead of what its peer has read', async (t) => {
  const [first, second] = await pair(t);
  second.send(sums(3, 0));
  first.send(sums(1, 0));
  await first.receive();
  first.send(sums(1, 1));
  t.same(await second.receive(), sums(1, 0));
  t.same(await second.receive(), sums(1, 1));
});

t.test(
  'what a peer has sent before it closed is received, and only who waits for more hears of the loss',
  async (t) => {
    const [first, second] = await pair(t);
    second.send(sums(2, 0));
    first.send(sums(1, 0));
    await first.receive();
    first.send(sums(1, 1));
    first.close();
    t.same(await second.receive(), sums(1, 0));
    t.same(await second.receive(), sums(1, 1));
    const lost = {
      name: 'ConnectionLostError',
      code: 'ERR_CONNECTION_LOST',
      peer: 'layer-2/1',
      message: 'Lost the connection with layer-2/1: it closed with code 1000',
    };
    await t.rejects(second.receive(), lost);
    second.send(sums(2, 1));
    t.match(second.account, { frames: 1 }, 'nothing is sent to who has gone, and that is no error');
    await t.rejects(second.receive(), lost, 'it stays lost');
  },
);

t.test('a peer that dies while it is waited for is named', async (t) => {
  const at = (port: number) => PeerLink.dial({ ...LINK, address: `ws://${HOST}:${port}`, peer: 'layer-2/1' });
  const { link, socket } = await dialHostile(t, at, [encode(sums(4), envelope(0))]);
  t.same(await link.receive(), sums(4));
  const waiting = link.receive();
  socket.terminate();
  await t.rejects(waiting, {
    code: 'ERR_CONNECTION_LOST',
    message: 'Lost the connection with layer-2/1: it closed with code 1006',
  });
});

t.test('a peer is pinged, so that one that is silent is noticed', async (t) => {
  const at = (port: number) => PeerLink.dial({ ...LINK, address: `ws://${HOST}:${port}`, peer: 'layer-2/1' });
  const { socket } = await dialHostile(t, at, []);
  await once(socket, 'ping');
  t.pass('and answers, or pings itself');
});

t.test('closing ends a wait at this end', async (t) => {
  const [first] = await pair(t);
  const waiting = first.receive();
  first.close();
  await t.rejects(waiting, { code: 'ERR_CONNECTION_LOST', peer: 'layer-2/2', message: /it was closed at this end/ });
});

t.test('only one may wait for sums', async (t) => {
  const [first, second] = await pair(t);
  const waiting = first.receive();
  await t.rejects(first.receive(), { message: 'Two callers wait for sums at the same time' });
  second.send(sums(1));
  t.same(await waiting, sums(1));
});

t.test('sums as large as the plan allows pass, and larger ones are not sent', async (t) => {
  const [first, second] = await pair(t);
  t.throws(() => first.send(sums(ROWS + 1)), {
    code: 'ERR_PROTOCOL',
    message: /^A frame of \d+ bytes is on its way to layer-2\/2: the plan allows \d+$/,
  });
  first.send(sums(ROWS));
  t.same(await second.receive(), sums(ROWS));
});

t.test('a peer has to have the ticket of its link', async (t) => {
  const server = PeerLink.server({ ...LINK, host: HOST, peer: 'layer-2/2' });
  t.teardown(() => server.close());
  const address = `ws://${HOST}:${await server.listen()}`;
  await t.rejects(PeerLink.dial({ ...LINK, address, peer: 'layer-2/1', ticket: 'that of another link' }), {
    code: 'ERR_CONNECTION_LOST',
    message: /layer-2\/1: dialling .* it answered 403: the token is wrong/,
  });
});
