import t from 'tap';
import { TelemetryCheck } from '../src/telemetry-check.js';
import { TELEMETRY } from './support/telemetry.js';

t.test('what telemetry counts never shrinks; memory may', (t) => {
  const check = new TelemetryCheck();
  check.check('layer-1', TELEMETRY);
  check.check('layer-1', TELEMETRY);
  check.check('layer-1', { ...TELEMETRY, elapsed: 8000, memory: 1e8, peakMemory: 1e8 });
  check.check('layer-2', { ...TELEMETRY, elapsed: 1 });
  const shrunk = (figures: Partial<typeof TELEMETRY>): void =>
    check.check('layer-1', { ...TELEMETRY, elapsed: 9000, ...figures });
  t.throws(() => shrunk({ elapsed: 7999 }), {
    code: 'ERR_PROTOCOL',
    message: 'its telemetry has elapsed at 7999, which cannot be after 8000',
  });
  for (const figure of ['rows', 'busy', 'cpu', 'framesSent', 'framesReceived', 'bytesSent'] as const) {
    t.throws(() => shrunk({ [figure]: TELEMETRY[figure] - 1 }), { code: 'ERR_PROTOCOL' }, figure);
  }
  t.throws(() => new TelemetryCheck().check('layer-1', { ...TELEMETRY, busy: -1 }), { code: 'ERR_PROTOCOL' });
  t.end();
});
