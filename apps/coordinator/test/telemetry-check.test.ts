import t from 'tap';
import { TelemetryCheck } from '../src/telemetry-check.js';

const READING = {
  elapsed: 7000,
  rows: 200,
  busy: 1000,
  waitingForInput: 2000,
  waitingForCredit: 4000,
  serializing: 500,
  cpu: 8000,
  framesSent: 10,
  framesReceived: 11,
  bytesSent: 1_000_000,
  memory: 3e8,
  peakMemory: 4e8,
};

t.test('what telemetry counts never shrinks; memory may', (t) => {
  const check = new TelemetryCheck();
  check.check('layer-1', READING);
  check.check('layer-1', READING);
  check.check('layer-1', { ...READING, elapsed: 8000, memory: 1e8, peakMemory: 1e8 });
  check.check('layer-2', { ...READING, elapsed: 1 });
  const shrunk = (figures: Partial<typeof READING>): void =>
    check.check('layer-1', { ...READING, elapsed: 9000, ...figures });
  t.throws(() => shrunk({ elapsed: 7999 }), {
    code: 'ERR_PROTOCOL',
    message: 'its telemetry has elapsed at 7999, which cannot be after 8000',
  });
  for (const figure of ['rows', 'busy', 'cpu', 'framesSent', 'framesReceived', 'bytesSent'] as const) {
    t.throws(() => shrunk({ [figure]: READING[figure] - 1 }), { code: 'ERR_PROTOCOL' }, figure);
  }
  t.throws(() => new TelemetryCheck().check('layer-1', { ...READING, busy: -1 }), { code: 'ERR_PROTOCOL' });
  t.end();
});
