import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { Meter } from '../src/index.js';
import type { Activity, MeterReading } from '../src/index.js';

function sum({ busy, waitingForInput, waitingForCredit }: MeterReading): number {
  return busy + waitingForInput + waitingForCredit;
}

/** Works until the process has had so many milliseconds of a processor. @returns what the meter says of it */
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
  let total = 0;
  for (let round = 0; round < 5; round++) {
    for (const activity of activities) {
      meter.enter(activity);
      await setImmediate();
    }
    const reading = meter.read();
    t.ok(Math.abs(sum(reading) - reading.interval) < 1e-6, `${sum(reading)} of ${reading.interval} ms`);
    for (const activity of activities) t.ok(reading[activity] > 0, activity);
    total += reading.interval;
  }
  t.ok(total <= performance.now() - began, 'readings do not overlap');
});

t.test('processor time is that of the whole process, each moment once', (t) => {
  const before = process.cpuUsage();
  const meter = new Meter();
  const first = spend(meter, 30);
  const second = spend(meter, 10);
  const { user, system } = process.cpuUsage(before);
  t.ok(first >= 30, `${first} ms`);
  t.ok(second >= 10, `${second} ms`);
  t.ok(first + second <= (user + system) / 1000 + 1e-6, 'readings do not overlap');
  t.end();
});

t.test('a reading counts only what is new', async (t) => {
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
  t.equal(second.rows, 0);
  t.equal(second.waitingForInput, 0);
  t.equal(second.waitingForCredit, 0);
  t.ok(Math.abs(second.busy - second.interval) < 1e-6, 'the activity goes on over a reading');
});
