import t from 'tap';
import { CreditGate, CreditWindow, largestWindow } from '../src/index.js';
import { xorshift } from './support.js';

const FRAME = 1000;

/** Whether a promise has settled by the time that everything already due has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(
    () => (done = true),
    () => (done = true),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

t.test('a gate opens when enough was granted, not before', async (t) => {
  const gate = new CreditGate('layer-2', FRAME);
  const taken = gate.take(100);
  t.notOk(await settled(taken));
  gate.grant(60);
  t.notOk(await settled(taken));
  t.equal(gate.available, 60);
  gate.grant(60);
  t.equal(gate.available, 20, 'what is taken is gone at once');
  t.ok(await settled(taken));
  await gate.take(20);
  t.equal(gate.available, 0);
});

t.test('a second caller is told so, and the first is served', async (t) => {
  const gate = new CreditGate('layer-2', FRAME);
  const first = gate.take(10);
  await t.rejects(gate.take(10), /at the same time/);
  gate.grant(10);
  await first;
  t.equal(gate.available, 0);
});

t.test('a gate that fails lets go of whoever waits', async (t) => {
  const gate = new CreditGate('layer-2', FRAME);
  gate.fail(new Error('nobody waits'));
  const taken = gate.take(1);
  gate.fail(new Error('gone'));
  await t.rejects(taken, /gone/);
});

t.test('a gate lets no more be under way than the largest window, whatever is granted', async (t) => {
  const most = largestWindow(FRAME);
  t.equal(most, 32 * FRAME);
  const gate = new CreditGate('layer-2', FRAME);
  const beyond = (bytes: number): void => {
    t.throws(() => gate.grant(bytes), { code: 'ERR_PROTOCOL', message: /^layer-2 grants / });
  };
  beyond(most + 1);
  beyond(2 ** 52);
  gate.grant(most);
  beyond(1);
  await gate.take(FRAME);
  t.equal(gate.buffered, FRAME);
  beyond(1);
  t.equal(gate.available, most - FRAME, 'a grant that is refused does not count');
  gate.sent(FRAME);
  gate.grant(FRAME);
  t.match(gate, { available: most, buffered: 0 });
});

t.test('a window begins with three of the largest frames, and grants what is consumed', (t) => {
  const window = new CreditWindow(FRAME);
  t.equal(window.size, 3 * FRAME);
  t.equal(window.nextGrant(), 3 * FRAME);
  t.equal(window.outstanding, 3 * FRAME);
  t.equal(window.nextGrant(), 0);
  window.consume(499);
  t.equal(window.nextGrant(), 0, 'less than half a frame is not worth a message');
  window.consume(1);
  t.equal(window.nextGrant(), 500);
  t.equal(window.outstanding, 3 * FRAME);
  t.end();
});

t.test('a window follows the product of rate and round trip', (t) => {
  for (const [rate, roundTrip, frames] of [
    [10 * FRAME, 0.0001, 3.002],
    [10 * FRAME, 0.1, 5],
    [100 * FRAME, 0.05, 13],
    [1000 * FRAME, 0.5, 32],
  ] as const) {
    const window = new CreditWindow(FRAME);
    for (let second = 0; second < 40; second++) {
      window.consume(rate);
      window.measure(roundTrip, 1);
    }
    t.ok(
      Math.abs(window.size / FRAME - frames) < 0.01,
      `${window.size / FRAME} frames at ${rate} B/s and ${roundTrip} s`,
    );
  }
  t.end();
});

t.test('a window does not grow by the queue that it makes itself', (t) => {
  const window = new CreditWindow(FRAME);
  const rate = 10 * FRAME;
  const delay = 0.1;
  window.measure(delay, 1);
  for (let second = 0; second < 100; second++) {
    window.consume(rate);
    // The answer to a ping waits behind all frames that the window has let onto a slow wire.
    window.measure(delay + window.size / rate, 1);
  }
  t.ok(Math.abs(window.size - 5 * FRAME) < 1, `${window.size} bytes`);
  t.end();
});

t.test('a measurement without time or traffic does no harm', (t) => {
  const window = new CreditWindow(FRAME);
  window.measure(0, 0);
  window.measure(0.01, 0);
  window.measure(0.01, 1);
  t.equal(window.size, 3 * FRAME);
  t.end();
});

t.test('whatever the frames and the pace: never more under way than the window, and never stuck', async (t) => {
  const random = xorshift(7);
  const gate = new CreditGate('layer-2', FRAME);
  const window = new CreditWindow(FRAME);
  const underWay: number[] = [];
  let largest = 0;
  let stuck = 0;
  const grant = (): void => {
    const bytes = window.nextGrant();
    if (bytes > 0) gate.grant(bytes);
  };
  const consume = (): void => {
    window.consume(underWay.shift() as number);
    if (random() % 5 === 0) window.measure((random() % 100) / 1000, (1 + (random() % 100)) / 100);
    largest = Math.max(largest, window.size);
    grant();
  };
  grant();
  for (let frame = 0; frame < 5000; frame++) {
    const bytes = random() % 4 === 0 ? FRAME : 1 + (random() % FRAME);
    const taken = gate.take(bytes);
    // The consumer may be slow, but it does take what has come.
    while (!(await settled(taken))) {
      if (underWay.length === 0) stuck++;
      if (stuck > 0) break;
      consume();
    }
    if (stuck > 0) break;
    gate.sent(bytes);
    underWay.push(bytes);
    const total = underWay.reduce((sum, size) => sum + size, 0);
    if (total + gate.available !== window.outstanding)
      t.fail(`${total} + ${gate.available} is not ${window.outstanding}`);
    if (window.outstanding > Math.max(largest, 3 * FRAME)) t.fail(`${window.outstanding} bytes outstanding`);
    while (underWay.length > 0 && random() % 3 === 0) consume();
  }
  t.equal(stuck, 0);
  t.ok(largest <= 32 * FRAME);
});
