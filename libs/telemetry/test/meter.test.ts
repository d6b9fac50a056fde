import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { Meter } from '../src/index.js';
import type { Activity, MeterReading } from '../src/index.js';

function sum({ busy, waitingForInput, waitingForCredit }: MeterReading): number {
  return busy + waitingForInput + waitingForCredit;
}

/** Works until the process has had so many milliseconds of a processor. @returns what the meter says by then */
function spend(meter: Meter, milliseconds: number): number {
  const before = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    if (user + system >= 1000 * milliseconds) return meter.read().cpu;
  }
}

t.test('every moment belongs to one activity, and none is lost', async (t) => {
  const began = performance.now();
  const meter = new Meter();
  const activities: Activity[] = [
    'busy',
    'waitingForCredit',
    'busy',
    'waitingForInput',
    'waitingForInput',
    'waitingForCredit',
  ];
  let before: MeterReading | undefined;
  for (let round = 0; round < 5; round++) {
    for (const activity of activities) {
      meter.enter(activity);
      await setImmediate();
    }
    const reading = meter.read();
    t.ok(Math.abs(sum(reading) - reading.elapsed) < 1e-6, `${sum(reading)} of ${reading.elapsed} ms`);
    for (const activity of activities) t.ok(reading[activity] > (before?.[activity] ?? 0), `${activity} grows`);
    before = reading;
  }
  t.ok((before?.elapsed ?? Infinity) <= performance.now() - began, 'no moment is counted twice');
});

t.test('processor time is that of the whole process, each moment once', (t) => {
  const before = process.cpuUsage();
  const meter = new Meter();
  const first = spend(meter, 30);
  const second = spend(meter, 10);
  const { user, system } = process.cpuUsage(before);
  t.ok(first >= 30, `${first} ms`);
  t.ok(second >= first + 10, `${second} ms`);
  t.ok(second <= (user + system) / 1000 + 1e-6, 'no moment is counted twice');
  t.end();
});

t.test('a reading counts all that has been', async (t) => {
  const meter = new Meter();
  meter.enter('busy');
  meter.countRows(200);
  meter.countRows(100);
  await setImmediate();
  const first = meter.read();
  t.equal(first.rows, 300);
  t.ok(first.busy > 0);
  await setImmediate();
  const second = meter.read();
  t.equal(second.rows, 300);
  t.equal(second.waitingForInput, first.waitingForInput);
  t.equal(second.waitingForCredit, 0);
  const [busy, elapsed] = [second.busy - first.busy, second.elapsed - first.elapsed];
  t.ok(elapsed > 0 && Math.abs(busy - elapsed) < 1e-6, 'the activity goes on over a reading');
});
