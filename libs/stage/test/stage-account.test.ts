import { once } from 'node:events';
import { byteLength, encodeFrame, InboundLink, LinkAccount, OutboundLink } from '@layerline/protocol';
import type { Frame, LinkIdentity, StageTelemetry } from '@layerline/protocol';
import t from 'tap';
import type { Test } from 'tap';
import { flow } from '../src/index.js';
import type { Role } from '../src/index.js';
import { StageAccount } from '../src/stage-account.js';
import { HOST } from './support.js';

const IDENTITY: LinkIdentity = { run: 'run-1', incarnation: 1, generation: 2 };
const TICKET = 'the ticket of this link';
const ROWS = 50;
const COLUMNS = 784;
const BATCHES = 40;

function* frames(): Generator<Frame> {
  const counts = { positive: ROWS / 2, negative: ROWS / 2, neutral: 0 };
  const data = new Float32Array(ROWS * COLUMNS).fill(0.5);
  const blocks = [{ name: 'activations', type: 'f32', shape: [ROWS, COLUMNS], data }] as const;
  for (let batch = 0; batch < BATCHES; batch++) {
    yield { kind: 'rows', purpose: 'train', epoch: 1, batch, ...counts, blocks };
  }
  yield { kind: 'barrier', order: { type: 'end', outcome: 'completed' } };
}

/** Lengths on the wire, in bytes. */
const SIZES = [...frames()].map((frame, sequence) => byteLength(encodeFrame({ ...IDENTITY, sequence }, frame)));
const BYTES = SIZES.reduce((sum, size) => sum + size, 0);

const head: Role = {
  async *transform() {
    yield* frames();
  },
  close: async () => undefined,
};

/** Passes frames on. At the end, it works until a processor's time has gone on, however coarsely that is counted. */
const layer: Role = {
  async *transform(input) {
    for await (const frame of input) {
      if (frame.kind === 'barrier') spendProcessorTime();
      yield frame;
    }
  },
  close: async () => undefined,
};

function spendProcessorTime(): void {
  const before = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    if (user + system > 0) return;
  }
}

async function link(t: Test): Promise<{ outbound: OutboundLink; inbound: InboundLink }> {
  const carried = { ticket: TICKET, identity: IDENTITY, maxFrameBytes: Math.max(...SIZES) };
  const server = OutboundLink.server({ ...carried, host: HOST, consumer: 'consumer' });
  const address = `ws://${HOST}:${await server.listen()}`;
  const inbound = await InboundLink.dial({ ...carried, address, producer: 'producer' });
  const outbound = await server.connected();
  t.teardown(() => {
    inbound.close();
    server.close();
  });
  return { outbound, inbound };
}

/** Waits until the consumer has answered everything that was sent so far. */
async function roundTrip({ socket }: OutboundLink): Promise<void> {
  socket.ping();
  await once(socket, 'pong');
}

/** Every moment belongs to one activity, and what overlaps with them fits into it. */
function addsUp(t: Test, { elapsed, busy, waitingForInput, waitingForCredit, serializing }: StageTelemetry): void {
  t.ok(Math.abs(busy + waitingForInput + waitingForCredit - elapsed) < 1e-6, 'activities');
  t.ok(serializing >= 0 && serializing <= elapsed, `serializing ${serializing} of ${elapsed} ms`);
}

t.test('an idle stage has no frames, and no time goes into them', async (t) => {
  const [before, after] = [await link(t), await link(t)];
  const began = performance.now();
  const account = new StageAccount({ inbound: [before.inbound.account], outbound: [after.outbound.account] });
  const flowing = flow([before.inbound], layer, after.outbound, account.meter);
  const waiting = performance.now();
  // For longer than it took to begin, on a busy machine too.
  do await roundTrip(before.outbound);
  while (performance.now() - waiting < 5 * (waiting - began));
  const reading = account.read();
  addsUp(t, reading);
  t.match(reading, { rows: 0, framesSent: 0, framesReceived: 0, bytesSent: 0, serializing: 0 });
  t.ok(reading.cpu >= 0, `${reading.cpu} ms of a processor`);
  t.ok(reading.waitingForInput > reading.busy, 'it waits');
  before.inbound.close();
  await flowing;
});

t.test('busy stages count the same frames at both ends of each link, and their time', async (t) => {
  const [first, second] = [await link(t), await link(t)];
  const accounts = {
    feeder: new StageAccount({ outbound: [first.outbound.account] }),
    layer: new StageAccount({ inbound: [first.inbound.account], outbound: [second.outbound.account] }),
    evaluator: new StageAccount({ inbound: [second.inbound.account] }),
  };
  await Promise.all([
    flow([(async function* () {})()], head, first.outbound, accounts.feeder.meter),
    flow([first.inbound], layer, second.outbound, accounts.layer.meter),
    flow([second.inbound], layer, undefined, accounts.evaluator.meter),
  ]);
  const rows = ROWS * BATCHES;
  const passed = { framesReceived: SIZES.length };
  const sent = { framesSent: SIZES.length, bytesSent: BYTES };
  const readings = {
    feeder: accounts.feeder.read(),
    layer: accounts.layer.read(),
    evaluator: accounts.evaluator.read(),
  };
  t.match(readings, {
    feeder: { rows: 0, framesReceived: 0, ...sent },
    layer: { rows, ...passed, ...sent },
    evaluator: { rows, ...passed, framesSent: 0, bytesSent: 0 },
  });
  for (const [stage, reading] of Object.entries(readings)) {
    await t.test(stage, async (t) => {
      addsUp(t, reading);
      t.ok(reading.serializing > 0, `serializing ${reading.serializing} ms`);
      t.ok(reading.cpu > 0, `${reading.cpu} ms of a processor`);
    });
  }

  const later = accounts.layer.read();
  addsUp(t, later);
  const { serializing } = readings.layer;
  t.match(later, { rows, serializing, ...passed, ...sent }, 'totals stay');
  t.ok(later.elapsed > readings.layer.elapsed, 'and time goes on');
});

t.test('frames that came before the stage began are counted, and the time that they took is not', async (t) => {
  const { outbound, inbound } = await link(t);
  const [frame] = frames();
  if (frame !== undefined) await outbound.send(frame);
  await roundTrip(outbound);
  t.ok(inbound.account.milliseconds > 0);
  t.match(new StageAccount({ inbound: [inbound.account] }).read(), { framesReceived: 1, serializing: 0 });
});

/** An account of frames of these lengths, in bytes. */
function carried(...lengths: number[]): LinkAccount {
  const account = new LinkAccount();
  for (const bytes of lengths) account.count(bytes);
  return account;
}

t.test('with several links each way, a frame counts once, and bytes and time count on all of them', (t) => {
  const inbound = [carried(1, 1, 1), carried(1, 1)];
  const outbound = [carried(10), carried(20, 20)];
  const peers = [carried(100, 100, 100, 100), carried(200)];
  const account = new StageAccount({ inbound, outbound, peers });
  t.match(account.read(), { framesReceived: 2, framesSent: 1, bytesSent: 650, serializing: 0 });
  for (const link of [...inbound, ...outbound, ...peers]) link.time(spendProcessorTime);
  const milliseconds = [...inbound, ...outbound, ...peers].reduce((sum, link) => sum + link.milliseconds, 0);
  t.ok(milliseconds > 0 && Math.abs(account.read().serializing - milliseconds) < 1e-6);
  inbound[1]?.count(1);
  outbound[0]?.count(10);
  t.match(account.read(), { framesReceived: 3, framesSent: 2, bytesSent: 660 }, 'the slowest link decides');
  t.match(new StageAccount({}).read(), { framesReceived: 0, framesSent: 0, bytesSent: 0, serializing: 0 });
  t.end();
});
