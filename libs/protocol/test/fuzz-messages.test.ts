import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import type * as z from 'zod';
import {
  capabilities,
  Channel,
  coordinatorMessage,
  MAX_CONTROL_BYTES,
  nodeMessage,
  parse,
  ProtocolError,
  site,
  stageEvent,
  stageInstruction,
} from '../src/index.js';
import type { Assignment, Capabilities, Site, StageEvent, StageOrder } from '../src/index.js';
import {
  altered,
  character,
  hold,
  hostile,
  LIMIT_MS,
  pack,
  RUNS,
  SEED,
  Tally,
  unpack,
  values,
} from './fuzz-support.js';
import { HOST, CAPABILITIES as PLAIN } from './support.js';

t.setTimeout(LIMIT_MS);
const CONNECTIONS = Math.min(1_000, Math.ceil(RUNS / 100));
const MESSAGES_A_CONNECTION = 5;

const FINGERPRINT = 'ab'.repeat(32);
const CAPABILITIES: Capabilities = { ...PLAIN, fingerprint: FINGERPRINT, programs: ['double'] };
const ASSIGNMENT: Assignment = {
  run: 'r',
  incarnation: 0,
  generation: 0,
  stage: 'layer-1',
  role: 'layer',
  settings: { anything: [1, 2] },
  resume: 100,
  inputs: [{ stage: 'feeder', ticket: 't', waits: false, maxFrameBytes: 4096 }],
  outputs: [{ stage: 'layer-2', ticket: 'u', waits: true, maxFrameBytes: 4096 }],
  peers: [{ stage: 'layer-1/2', ticket: 'v', waits: true, maxFrameBytes: 4096 }],
  store: { path: '/parts', secret: 's' },
};
const SITE: Site = {
  host: HOST,
  names: ['a.example'],
  ports: { from: 0, to: 0 },
  certificate: { cert: 'c', key: 'k', fingerprint: FINGERPRINT },
  coordinator: { origin: 'http://127.0.0.1:1', trust: { fingerprint: FINGERPRINT } },
};
const ORDERS: StageOrder[] = [
  { type: 'connect', neighbour: 'feeder', address: 'wss://127.0.0.1:1', fingerprint: FINGERPRINT },
  { type: 'begin' },
  { type: 'snapshot-settled', step: 100 },
];
const EVENTS: StageEvent[] = [
  { type: 'listening', neighbour: 'layer-2', port: 7000 },
  { type: 'report', report: { type: 'progress', images: 100 } },
  { type: 'snapshot-failed', step: 100, message: 'the disk is full' },
  { type: 'failed', code: 'ERR_UNEXPECTED', message: 'it broke' },
  {
    type: 'telemetry',
    telemetry: {
      ...{ elapsed: 500, rows: 100, busy: 1.5, waitingForInput: 2, waitingForCredit: 3, serializing: 4, cpu: 5 },
      ...{ framesSent: 6, framesReceived: 7, bytesSent: 8, memory: 9, peakMemory: 10 },
    },
  },
];

/** Every schema of the control plane, and messages that fit it. */
const SCHEMAS: Record<string, { readonly schema: z.ZodType; readonly fitting: readonly object[] }> = {
  nodeMessage: {
    schema: nodeMessage,
    fitting: [
      { type: 'join', name: 'node-1', instance: 'i', version: '1', capabilities: CAPABILITIES },
      { type: 'exited', task: 'a', code: null, signal: 'SIGKILL', tail: ['last words'] },
      { type: 'probed', probe: 1, numerics: 'onnx' },
      ...EVENTS.map((event) => ({ type: 'event', task: 'a', event })),
    ],
  },
  coordinatorMessage: {
    schema: coordinatorMessage,
    fitting: [
      { type: 'welcome', version: '1' },
      { type: 'start', task: 'a', assignment: ASSIGNMENT },
      { type: 'probe', probe: 1, settings: { layers: [1] } },
      ...ORDERS.map((order) => ({ type: 'order', task: 'a', order })),
    ],
  },
  stageEvent: { schema: stageEvent, fitting: EVENTS },
  stageInstruction: {
    schema: stageInstruction,
    fitting: [
      { type: 'assign', assignment: ASSIGNMENT, site: SITE },
      ...ORDERS.map((order) => ({ type: 'order', order })),
    ],
  },
  site: { schema: site, fitting: [SITE] },
  capabilities: { schema: capabilities, fitting: [CAPABILITIES] },
};

/** What comes out of a message on a wire: of MessagePack, between machines, or of JSON, between processes. */
function received(value: unknown, json: boolean): unknown {
  if (json) return JSON.parse(JSON.stringify(value, plain) ?? 'null');
  try {
    return unpack(pack(value));
  } catch {
    // A map with keys that are no texts, which the library refuses by itself.
    return fc.pre(false);
  }
}

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

for (const [name, { schema, fitting }] of Object.entries(SCHEMAS)) {
  t.test(`${name}: nothing is taken for a message that is none`, (t) => {
    const tally = new Tally();
    const tries = fc.oneof({ weight: 3, arbitrary: altered(fc.constantFrom(...fitting)) }, values);
    for (const message of fitting) t.same(parse(schema, message), message);
    hold(
      fc.property(tries, fc.boolean(), (value, json) => {
        const raw = received(value, json);
        let message;
        try {
          message = parse(schema, raw);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          tally.refused++;
          return true;
        }
        tally.accepted++;
        return isDeepStrictEqual(message, raw);
      }),
      Math.ceil(RUNS / Object.keys(SCHEMAS).length),
    );
    t.comment(`${name}: ${tally.toString()}`);
    t.ok(tally.refused > tally.accepted, tally.toString());
    t.equal(({} as { admin?: boolean }).admin, undefined);
    t.end();
  });
}

t.test('a channel closes with a reason whatever bytes it is sent', async (t) => {
  const server = new WebSocketServer({ host: HOST, port: 0, maxPayload: MAX_CONTROL_BYTES });
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = `ws://${HOST}:${(server.address() as AddressInfo).port}`;
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    hostile,
    values.map((value) => pack(value)),
    altered(fc.constantFrom(...(SCHEMAS['nodeMessage']?.fitting ?? []))).map((message) => pack(message)),
    fc.string({ unit: character }),
  );
  const tries = fc.array(junk, { minLength: MESSAGES_A_CONNECTION, maxLength: MESSAGES_A_CONNECTION });
  let taken = 0;
  const attack = fc.asyncProperty(tries, async (messages) => {
    const accepted = once(server, 'connection') as Promise<[WebSocket]>;
    const peer = new WebSocket(address);
    const opened = once(peer, 'open');
    const [socket] = await accepted;
    const reasons: string[] = [];
    const ended = new Promise<void>((resolve) => {
      const message = (): void => {
        taken++;
      };
      const closed = (reason: string): void => {
        reasons.push(reason);
        resolve();
      };
      new Channel(socket, nodeMessage, { message, closed }).start();
    });
    await opened;
    for (const message of messages) peer.send(message);
    // The last one is bad for certain.
    peer.send(Buffer.of(0xc1));
    await ended;
    return (
      reasons.length === 1 &&
      reasons[0] !== '' &&
      !/closed the connection|the connection broke off/.test(reasons[0] ?? '')
    );
  });
  await fc.assert(attack, { numRuns: CONNECTIONS, seed: SEED });
  t.comment(`channel: ${CONNECTIONS} connections, ${taken} messages taken, seed ${SEED}`);
  t.ok(taken < CONNECTIONS * MESSAGES_A_CONNECTION);
});

t.test('a peer is rejected with a reason that fits, however long it is', async (t) => {
  const server = new WebSocketServer({ host: HOST, port: 0 });
  await once(server, 'listening');
  t.teardown(() => server.close());
  for (const name of ['x'.repeat(500), '語'.repeat(100), '😀'.repeat(100), `${'x'.repeat(121)}語`, 'short']) {
    const accepted = once(server, 'connection') as Promise<[WebSocket]>;
    const peer = new WebSocket(`ws://${HOST}:${(server.address() as AddressInfo).port}`);
    const [socket] = await accepted;
    const closed = once(peer, 'close') as Promise<[number, Buffer]>;
    const channel = new Channel(socket, nodeMessage, { message: () => undefined, closed: () => undefined });
    channel.start();
    channel.reject(name);
    const [code, said] = await closed;
    t.equal(code, 1008);
    t.ok(name.startsWith(said.toString()) && said.length > 119 === name.length > 50, said.toString());
  }
});
