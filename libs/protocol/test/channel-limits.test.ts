import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Packr } from 'msgpackr';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import {
  Channel,
  CONTROL_PATIENCE,
  MAX_BACKLOG_BYTES,
  MAX_CONTROL_BYTES,
  MAX_MESSAGE_BURST,
  MAX_MESSAGE_RATE,
  nodeMessage,
} from '../src/index.js';
import type { CoordinatorMessage, NodeMessage } from '../src/index.js';
import { HOST } from './support.js';

type Test = { teardown(end: () => void): void };

const packr = new Packr({ useRecords: false });
const STARTED = packr.pack({ type: 'started', task: 'r/0.0/feeder', pid: 7 } satisfies NodeMessage);
const WELCOME: CoordinatorMessage = { type: 'welcome', version: '1' };
/** Between pings, where a test waits for them. */
const INTERVAL_MS = 20;

interface Guest {
  readonly channel: Channel<NodeMessage, CoordinatorMessage>;
  /** The other end, which does whatever a test wants. */
  readonly peer: WebSocket;
  readonly taken: NodeMessage[];
  readonly reasons: string[];
  readonly closed: Promise<unknown>;
}

/** A server of channels. @returns what opens one */
async function serve(t: Test, pingIntervalMs?: number): Promise<() => Promise<Guest>> {
  const server = new WebSocketServer({ host: HOST, port: 0, maxPayload: MAX_CONTROL_BYTES });
  await once(server, 'listening');
  t.teardown(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return async () => {
    const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
    const peer = new WebSocket(`ws://${HOST}:${(server.address() as AddressInfo).port}`);
    t.teardown(() => peer.terminate());
    peer.on('error', () => undefined);
    await once(peer, 'open');
    const taken: NodeMessage[] = [];
    const reasons: string[] = [];
    const socket = await accepted;
    const handlers = {
      message: (message: NodeMessage) => taken.push(message),
      closed: (reason: string) => reasons.push(reason),
    };
    const channel = new Channel<NodeMessage, CoordinatorMessage>(socket, nodeMessage, handlers, pingIntervalMs);
    channel.start();
    return { channel, peer, taken, reasons, closed: once(socket, 'close') };
  };
}

/** Lets sockets do their work. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How a peer is closed that goes on with something until it is. */
async function persist(peer: WebSocket, act: () => void): Promise<[code: number, reason: string]> {
  const closed = once(peer, 'close') as Promise<[number, Buffer]>;
  while (peer.readyState === peer.OPEN) {
    for (let times = 0; times < 1000; times++) act();
    await turn();
  }
  const [code, reason] = await closed;
  return [code, reason.toString()];
}

t.test('a peer that talks too much is rejected with the reason, and others are not', async (t) => {
  const open = await serve(t);
  const [loud, quiet] = [await open(), await open()];
  const reason = `it sends more than ${MAX_MESSAGE_RATE} messages a second`;
  t.same(await persist(loud.peer, () => loud.peer.send(STARTED)), [1008, reason]);
  await loud.closed;
  t.same(loud.reasons, [reason]);
  t.ok(loud.taken.length >= MAX_MESSAGE_BURST, `${loud.taken.length} messages were taken before`);
  quiet.peer.send(STARTED);
  quiet.peer.ping();
  await once(quiet.peer, 'pong');
  t.equal(quiet.taken.length, 1);
  t.same(quiet.reasons, []);
});

t.test('a peer that asks for more signs of life than it reads is dropped', async (t) => {
  const { peer, closed, reasons } = await (await serve(t))();
  t.same(await persist(peer, () => peer.ping()), [1006, '']);
  await closed;
  t.same(reasons, ['the connection broke off']);
});

t.test('a peer that does not read is dropped before much has piled up', async (t) => {
  const { channel, peer, closed, reasons } = await (await serve(t))();
  peer.pause();
  const settings = Buffer.alloc(2 ** 18);
  let most = 0;
  while (channel.socket.readyState === channel.socket.OPEN) {
    channel.send({ type: 'probe', probe: 1, settings });
    most = Math.max(most, channel.socket.bufferedAmount);
    await turn();
  }
  await closed;
  t.same(reasons, ['it does not read what it is sent']);
  t.ok(most > MAX_BACKLOG_BYTES && most < MAX_BACKLOG_BYTES + 2 * settings.length, `${most} bytes`);
  t.doesNotThrow(() => channel.send(WELCOME));
});

t.test('a peer that is silent when asked is dropped', async (t) => {
  const { peer, closed, reasons } = await (await serve(t, INTERVAL_MS))();
  peer.pause();
  await closed;
  t.same(reasons, [`it has been silent for ${CONTROL_PATIENCE} pings`]);
});

t.test('a peer that answers is kept', async (t) => {
  const { peer, reasons } = await (await serve(t, INTERVAL_MS))();
  for (let pings = 0; pings < 3 * CONTROL_PATIENCE; pings++) await once(peer, 'ping');
  t.same(reasons, []);
});

t.test('both ends of a channel ask, and neither is dropped', async (t) => {
  const { peer, reasons, channel } = await (await serve(t, INTERVAL_MS))();
  const others: string[] = [];
  const handlers = { message: () => undefined, closed: (reason: string) => others.push(reason) };
  new Channel(peer, nodeMessage, handlers, INTERVAL_MS).start();
  for (let asked = 0; asked < 2 * CONTROL_PATIENCE; asked++) {
    await Promise.all([once(peer, 'ping'), once(channel.socket, 'ping')]);
  }
  t.same([...reasons, ...others], []);
});

t.test('a process that was held up does not blame its peer', async (t) => {
  const { peer, reasons } = await (await serve(t, INTERVAL_MS))();
  await once(peer, 'ping');
  const until = performance.now() + 3 * CONTROL_PATIENCE * INTERVAL_MS;
  while (performance.now() < until);
  for (let pings = 0; pings < 3; pings++) await once(peer, 'ping');
  t.same(reasons, []);
});

t.test('a reason that is too long for a close frame is cut between characters', async (t) => {
  const { channel, peer, closed, reasons } = await (await serve(t))();
  const reason = 'ü'.repeat(200);
  channel.reject(reason);
  const [code, told] = (await once(peer, 'close')) as [number, Buffer];
  t.equal(code, 1008);
  t.equal(told.toString(), 'ü'.repeat(61));
  await closed;
  t.same(reasons, [reason]);
});
