import t from 'tap';
import { framesInFlight, goneOn, isSilent, ratesOf, readingsOf, withReading } from '../src/data/readings.js';
import type { Reading, Readings } from '../src/data/readings.js';
import { telemetry } from './support/telemetry.js';

const reading = (at: number | undefined, figures: Parameters<typeof telemetry>[0]): Reading => ({
  at,
  telemetry: telemetry(figures),
});

t.test('keeps what reaches back two seconds', async (t) => {
  let readings: Readings = [];
  for (const elapsed of [0, 1000, 2000, 3000, 3500]) readings = withReading(readings, reading(elapsed, { elapsed }));
  t.same(
    readings.map(({ telemetry }) => telemetry.elapsed),
    [1000, 2000, 3000, 3500],
  );
});

t.test('works out rates over that stretch, or since the beginning', async (t) => {
  const before = { elapsed: 1000, rows: 100, busy: 900, waitingForCredit: 100 };
  const now = { elapsed: 3000, rows: 500, busy: 1900, waitingForCredit: 1100 };
  t.match(ratesOf([reading(0, before), reading(0, now)]), { busy: 0.5, waitingForCredit: 0.5, rowsPerSecond: 200 });
  t.match(ratesOf([reading(0, before)]), { busy: 0.9, rowsPerSecond: 100 });
  t.equal(ratesOf(undefined), undefined);
  t.equal(ratesOf([]), undefined);
});

t.test('takes over what a status holds', async (t) => {
  const [before, now] = [telemetry({ elapsed: 1 }), telemetry({ elapsed: 2 })];
  const status = { feeder: { before, now, age: 20 }, 'layer-1': { before: null, now, age: 20 } };
  const readings = readingsOf({ state: 'running', telemetry: status });
  t.same(
    readings['feeder']?.map(({ telemetry }) => telemetry.elapsed),
    [1, 2],
  );
  t.equal(readings['layer-1']?.length, 1);
  const silent = { feeder: { before, now, age: 5001 } };
  t.same(readingsOf({ state: 'running', telemetry: silent }), {}, 'but for what is out of date');
  t.equal(readingsOf({ state: 'ended', telemetry: silent })['feeder']?.length, 2, 'while the run is under way');
});

t.test('a stage that has said nothing for long, while others have, is silent', async (t) => {
  const readings = { feeder: [reading(1000, { elapsed: 1 })], 'layer-1': [reading(6000, { elapsed: 1 })] };
  t.notOk(isSilent(readings, 'feeder'));
  t.ok(isSilent({ ...readings, 'layer-1': [reading(6001, { elapsed: 1 })] }, 'feeder'));
  t.notOk(isSilent({ ...readings, feeder: [reading(undefined, { elapsed: 1 })] }, 'feeder'), 'as far as is known');
});

t.test('after a pause, rates are worked out from where it ended', async (t) => {
  const paused = [reading(0, { elapsed: 1000, busy: 500 }), reading(1000, { elapsed: 2000, busy: 500 })];
  const readings = goneOn({ feeder: paused })['feeder'] ?? [];
  t.equal(ratesOf(readings), undefined);
  t.match(ratesOf(withReading(readings, reading(2000, { elapsed: 3000, busy: 1500 }))), { busy: 1 });
});

t.test('counts frames in flight at one time, though the ends are read at different ones', async (t) => {
  // 100 frames a second; the consumer is read 500 ms later, when the producer has sent 50 more.
  const producer = [reading(1000, { elapsed: 0, framesSent: 0 }), reading(3000, { elapsed: 2000, framesSent: 200 })];
  const consumer = [
    reading(1500, { elapsed: 0, framesReceived: 40 }),
    reading(3500, { elapsed: 2000, framesReceived: 240 }),
  ];
  t.equal(framesInFlight(producer, consumer), 10);
});

t.test('claims no negative number of frames, and none without a time', async (t) => {
  const [sent, received] = [reading(1000, { framesSent: 5 }), reading(1000, { framesReceived: 6 })];
  t.equal(framesInFlight([sent], [received]), 0);
  t.equal(framesInFlight([{ ...sent, at: undefined }], [received]), undefined);
  t.equal(framesInFlight([sent], undefined), undefined);
});
