import t from 'tap';
import { ratesBetween, ratesNow } from '../src/index.js';

const FIRST = {
  ...{ elapsed: 1000, rows: 500, busy: 700, waitingForInput: 200, waitingForCredit: 100, serializing: 50, cpu: 900 },
  ...{ framesSent: 5, framesReceived: 5, bytesSent: 4000, memory: 1, peakMemory: 2 },
};
const SECOND = {
  ...{
    elapsed: 3000,
    rows: 4500,
    busy: 1700,
    waitingForInput: 1200,
    waitingForCredit: 100,
    serializing: 90,
    cpu: 3900,
  },
  ...{ framesSent: 45, framesReceived: 45, bytesSent: 84_000, memory: 1, peakMemory: 2 },
};

t.test('rates are what has grown by the time between', (t) => {
  t.same(ratesBetween(FIRST, SECOND), {
    busy: 0.5,
    waitingForInput: 0.5,
    waitingForCredit: 0,
    rowsPerSecond: 2000,
    bytesPerSecond: 40_000,
    processors: 1.5,
  });
  t.match(ratesBetween(undefined, FIRST), { busy: 0.7, rowsPerSecond: 500, processors: 0.9 }, 'from the beginning');
  t.equal(ratesBetween(FIRST, FIRST), undefined, 'no time, no rate');
  t.equal(ratesBetween(SECOND, FIRST), undefined, 'readings of another life');
  t.end();
});

t.test(
  'only of a run that is running, and of a stage that has reported lately, it is said how it spends its time',
  (t) => {
    const telemetry = { 'layer-1': { before: FIRST, now: SECOND, age: 5000 } };
    t.match(ratesNow({ state: 'running', telemetry }, 'layer-1'), { busy: 0.5 });
    t.equal(ratesNow({ state: 'running', telemetry }, 'layer-2'), undefined);
    for (const state of ['waiting', 'starting', 'paused', 'reshaping', 'recovering', 'ended'] as const) {
      t.equal(ratesNow({ state, telemetry }, 'layer-1'), undefined, state);
    }
    const silent = { 'layer-1': { before: FIRST, now: SECOND, age: 5001 } };
    t.equal(ratesNow({ state: 'running', telemetry: silent }, 'layer-1'), undefined);
    t.end();
  },
);
