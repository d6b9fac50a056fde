import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { encodeFrame } from '@layerline/protocol';
import type { Envelope, Frame } from '@layerline/protocol';
import fc from 'fast-check';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { assign, HOST, openStore, TestStage } from './support.js';

const STAGES = Number(process.env['LAYERLINE_FUZZ_STAGES'] ?? 12);
const SEED = Number(process.env['LAYERLINE_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const PROTOCOL = 'layerline-link.2';
const ENVELOPE: Envelope = { run: 'run-1', incarnation: 1, generation: 2, sequence: 0 };
const ROWS: Frame = {
  ...{ kind: 'rows', purpose: 'train', epoch: 1, batch: 0, positive: 1, negative: 1, neutral: 0 },
  blocks: [{ name: 'activations', type: 'f32', shape: [2, 100], data: new Float32Array(200) }],
};
t.jobs = 2;
t.comment(`seed ${SEED}`);

const sound = new Uint8Array(Buffer.concat(encodeFrame(ENVELOPE, ROWS)));
/** What a producer must not send, whether it is a frame or not. */
const badFrames = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ maxLength: 100 }),
  fc.nat(sound.length - 1).map((length) => sound.subarray(0, length)),
  fc.nat(60).map((at) => Uint8Array.from(sound).fill(0xdd, at, at + 5)),
  fc.constantFrom(new Uint8Array(5_000), Buffer.from([...Buffer.from('LLF1'), 0xff, 0xff, 0xff, 0xff])),
  fc.constantFrom(1, 2 ** 31).map((sequence) => Buffer.concat(encodeFrame({ ...ENVELOPE, sequence }, ROWS))),
  fc.constant(Buffer.concat(encodeFrame({ ...ENVELOPE, run: 'another' }, ROWS))),
  fc.constant(Buffer.concat(encodeFrame({ ...ENVELOPE, generation: 3 }, ROWS))),
);
/** What a consumer must not send. */
const badCredits = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ maxLength: 100 }),
  fc.constantFrom(Buffer.alloc(2_000), Buffer.of(0xdf, 0xff, 0xff, 0xff, 0xff), Buffer.alloc(1_000, 0x91)),
);

function samples<Value>(arbitrary: fc.Arbitrary<Value>): Value[] {
  return fc.sample(arbitrary, { numRuns: STAGES, seed: SEED });
}

for (const [index, bytes] of samples(badFrames).entries()) {
  t.test(`a stage refuses bad frame ${index} of its producer, and says so`, { buffered: true }, async (t) => {
    const server = new WebSocketServer({ host: HOST, port: 0 });
    await once(server, 'listening');
    t.teardown(() => server.close());
    // It is sent with the consumer's first grant, so that nothing but the frame is wrong.
    server.on('connection', (socket) => socket.once('message', () => socket.send(bytes)));
    const stage = new TestStage(t);
    stage.instruct(assign('evaluator', {}, { producer: 'feeder' }));
    await stage.event('ready');
    const { port } = server.address() as AddressInfo;
    stage.order({ type: 'connect', neighbour: 'feeder', address: `ws://${HOST}:${port}` });
    await stage.event('linked');
    stage.order({ type: 'begin' });
    t.match(await stage.event('failed'), { code: 'ERR_PROTOCOL' }, Buffer.from(bytes).toString('hex', 0, 40));
    t.same(await stage.exit, [1, null]);
    t.same(stage.history, ['ready', 'linked', 'failed']);
  });
}

for (const [index, bytes] of samples(badCredits).entries()) {
  t.test(`a stage refuses bad credit ${index} of its consumer, and says so`, { buffered: true }, async (t) => {
    const stage = new TestStage(t);
    stage.instruct(assign('feeder', {}, { consumer: 'evaluator' }));
    const { port } = await stage.event('listening');
    const headers = { authorization: 'Bearer ticket of feeder' };
    const consumer = new WebSocket(`ws://${HOST}:${port}/link`, PROTOCOL, { headers });
    await once(consumer, 'open');
    t.teardown(() => consumer.terminate());
    await stage.event('ready');
    stage.order({ type: 'begin' });
    consumer.send(bytes);
    t.match(await stage.event('failed'), { code: 'ERR_PROTOCOL' }, Buffer.from(bytes).toString('hex', 0, 40));
    t.same(await stage.exit, [1, null]);
  });
}

t.test('strangers at its data port do not keep a stage from its neighbour', { buffered: true }, async (t) => {
  const { url } = await openStore(t, 204);
  const [feeder, evaluator] = [new TestStage(t), new TestStage(t)];
  feeder.instruct(assign('feeder', { frames: 20 }, { consumer: 'evaluator', store: url }));
  evaluator.instruct(assign('evaluator', {}, { producer: 'feeder', store: url }));
  const [{ port }] = await Promise.all([feeder.event('listening'), evaluator.event('ready'), feeder.event('ready')]);
  const knocks = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.constant(sound),
    fc.tuple(fc.webPath(), fc.base64String()).map(([path, ticket]) => {
      const head = [`GET ${path} HTTP/1.1`, `Host: ${HOST}`, 'Connection: Upgrade', 'Upgrade: websocket'];
      return Buffer.from([...head, `Authorization: Bearer ${ticket}`, '', ''].join('\r\n'));
    }),
  );
  for (const bytes of fc.sample(knocks, { numRuns: 10 * STAGES, seed: SEED })) {
    const stranger = connect(port, HOST);
    const gone = new Promise((resolve) => stranger.on('close', resolve));
    // To be dropped is what a stranger expects.
    stranger.on('error', () => undefined);
    stranger.resume();
    stranger.end(bytes);
    await gone;
  }
  evaluator.order({ type: 'connect', neighbour: 'feeder', address: `ws://${HOST}:${port}` });
  for (const stage of [feeder, evaluator]) stage.order({ type: 'begin' });
  t.match(await evaluator.event('report'), { report: { sum: 2 * ((20 * 21) / 2) } });
  t.same(await Promise.all([feeder.exit, evaluator.exit]), [
    [0, null],
    [0, null],
  ]);
});
