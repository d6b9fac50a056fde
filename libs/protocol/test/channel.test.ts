import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Packr } from 'msgpackr';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { Channel, coordinatorMessage, nodeMessage, parse, ProtocolError, stageInstruction } from '../src/index.js';
import type { CoordinatorMessage, NodeMessage } from '../src/index.js';
import { CAPABILITIES, HOST } from './support.js';

const packr = new Packr({ useRecords: false });
const MAX_PAYLOAD = 2 ** 16;
/** Lists in lists, as many as that. */
const nested = (depth: number): Buffer => Buffer.alloc(depth, 0x91).fill(0x90, depth - 1);
const JOIN: NodeMessage = { type: 'join', name: 'node-1', instance: 'i', version: '1', capabilities: CAPABILITIES };

/** Two ends of a connection: the coordinator's as a channel, the node's as a bare socket. */
async function open(t: { teardown(end: () => void): void }, taken: (message: NodeMessage) => void) {
  const server = new WebSocketServer({ host: HOST, port: 0, maxPayload: MAX_PAYLOAD });
  await once(server, 'listening');
  const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  const node = new WebSocket(`ws://${HOST}:${(server.address() as AddressInfo).port}`);
  await once(node, 'open');
  const reasons: string[] = [];
  let channel!: Channel<NodeMessage, CoordinatorMessage>;
  const closed = new Promise<void>((resolve) => {
    void accepted.then((socket) => {
      channel = new Channel(socket, nodeMessage, {
        message: taken,
        closed: (reason) => {
          reasons.push(reason);
          resolve();
        },
      });
      channel.start();
    });
  });
  await accepted;
  t.teardown(() => {
    node.terminate();
    server.close();
  });
  return { channel, node, closed, reasons };
}

t.test('messages pass both ways, in order', async (t) => {
  const taken: NodeMessage[] = [];
  const { channel, node, closed, reasons } = await open(t, (message) => taken.push(message));
  const orders: CoordinatorMessage[] = [
    { type: 'welcome', version: '1' },
    { type: 'order', task: 'r/0.0/layer-1', order: { type: 'begin' } },
  ];
  const received: unknown[] = [];
  const both = new Promise<void>((resolve) => {
    node.on('message', (data: Buffer) => {
      received.push(parse(coordinatorMessage, packr.unpack(data)));
      if (received.length === orders.length) resolve();
    });
  });
  for (const order of orders) channel.send(order);
  await both;
  t.same(received, orders);
  const messages: NodeMessage[] = [JOIN, { type: 'started', task: 'r/0.0/feeder', pid: 7 }];
  for (const message of messages) node.send(packr.pack(message));
  node.close(1000);
  await closed;
  t.same(taken, messages);
  t.same(reasons, ['it has closed the connection']);
  t.doesNotThrow(() => channel.send({ type: 'welcome', version: '1' }), 'nothing happens after the end');
  t.doesNotThrow(() => channel.stop());
});

t.test('what does not fit the schema closes the connection, and nothing after it is taken', async (t) => {
  const wrong: Record<string, [Uint8Array | string, RegExp]> = {
    'an unknown message': [packr.pack({ ...JOIN, type: 'leave' }), /wrong at type/],
    'an unknown field': [packr.pack({ ...JOIN, admin: true }), /wrong at its root: .*admin/],
    'a field of another type': [packr.pack({ type: 'started', task: 'a', pid: '7' }), /wrong at pid/],
    'a field deep inside': [
      packr.pack({ type: 'event', task: 'a', event: { type: 'listening', neighbour: 'consumer', port: 70_000 } }),
      /event\.port/,
    ],
    'a long name': [packr.pack({ ...JOIN, name: 'x'.repeat(101) }), /wrong at name/],
    'no MessagePack': [Buffer.from([0xc1, 0xc1]), /^A message is not MessagePack: /],
    'lists that run the stack out': [nested(50_000), /^A message is not MessagePack: /],
    'lists nested deeper than any message': [nested(100), /^A message is nested more than 32 levels deep$/],
    text: ['hello', /./],
    'a message beyond the limit': [Buffer.alloc(MAX_PAYLOAD + 1), /Max payload size exceeded/],
  };
  for (const [what, [message, reason]] of Object.entries(wrong)) {
    await t.test(what, async (t) => {
      const taken: NodeMessage[] = [];
      const { node, closed, reasons } = await open(t, (message) => taken.push(message));
      node.send(message);
      node.send(packr.pack(JOIN));
      const [code] = (await once(node, 'close')) as [number];
      await closed;
      t.equal(code, what === 'a message beyond the limit' ? 1009 : 1002);
      t.same(taken, []);
      t.equal(reasons.length, 1);
      t.match(reasons[0], reason);
    });
  }
});

t.test('what a handler throws is not blamed on the peer', async (t) => {
  const { channel, closed, node, reasons } = await open(t, () => {
    throw new Error('the fault of this process');
  });
  t.throws(() => channel.socket.emit('message', packr.pack(JOIN), true), { message: 'the fault of this process' });
  t.ok(channel.isOpen);
  t.same(reasons, []);
  node.close(1000);
  await closed;
  t.same(reasons, ['it has closed the connection']);
});

t.test('parse names the field, and keeps what the pipeline owns as it is', (t) => {
  const assignment = {
    run: 'r',
    incarnation: 0,
    generation: 0,
    stage: 'layer-1',
    role: 'layer',
    settings: { anything: [1, 2] },
    inputs: [{ stage: 'feeder', ticket: 't', waits: false, maxFrameBytes: 4096 }],
    outputs: [],
    peers: [],
    store: { path: '/parts', secret: 's' },
  };
  const site = { host: HOST, names: [], ports: { from: 0, to: 0 }, coordinator: { origin: 'http://127.0.0.1:1' } };
  t.same(parse(stageInstruction, { type: 'assign', assignment, site }), { type: 'assign', assignment, site });
  for (const maxFrameBytes of [0, -1, 0.5, 2 ** 31, NaN]) {
    const broken = { ...assignment, inputs: [{ ...assignment.inputs[0], maxFrameBytes }] };
    t.throws(() => parse(stageInstruction, { type: 'assign', assignment: broken, site }), {
      code: 'ERR_PROTOCOL',
      message: /wrong at assignment\.inputs\.0\.maxFrameBytes/,
    });
  }
  const polluting: unknown = JSON.parse('{"type":"order","order":{"type":"begin"},"__proto__":{"admin":true}}');
  t.throws(() => parse(stageInstruction, polluting), ProtocolError);
  t.equal(({} as { admin?: boolean }).admin, undefined);
  t.end();
});
