import t from 'tap';
import { ratesBetween } from '../src/index.js';

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
