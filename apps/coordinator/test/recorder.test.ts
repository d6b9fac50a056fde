import { RunFolder } from '@layerline/checkpoint';
import t from 'tap';
import type { Test } from 'tap';
import { Recorder } from '../src/record/recorder.js';
import { PLAN } from './support/metrics.js';
import { TELEMETRY } from './support/telemetry.js';

const ENVELOPE = { id: '0.0.1', at: '2026-01-31T12:00:00.000Z' };
const LAYER = { stage: 'layer-1', role: 'layer', node: 'local', pid: 1234 };

async function open(t: Test): Promise<Recorder> {
  const recorder = await Recorder.open(await RunFolder.create(t.testdir(), 'run-1', {}), PLAN);
  recorder.failed = (error) => t.fail(error);
  t.teardown(() => recorder.close());
  return recorder;
}

t.test('a process that tells nothing of itself has no figures', async (t) => {
  const recorder = await open(t);
  recorder.handle({ ...ENVELOPE, type: 'stage-started', process: LAYER });
  t.strictSame(recorder.stages, [
    { ...LAYER, peakMemoryBytes: null, seconds: null, cpuSeconds: null, framesSent: null, bytesSent: null },
  ]);
});

t.test('of the figures of a stage, the newest count, in seconds', async (t) => {
  const recorder = await open(t);
  recorder.handle({ ...ENVELOPE, type: 'stage-started', process: LAYER });
  recorder.handle({ ...ENVELOPE, type: 'telemetry', stage: 'layer-1', telemetry: TELEMETRY });
  const seconds = { busy: 1, waitingForInput: 2, waitingForCredit: 4, serializing: 0.5 };
  const first = { ...LAYER, peakMemoryBytes: 4e8, seconds, cpuSeconds: 8, framesSent: 10, bytesSent: 1_000_000 };
  t.strictSame(recorder.stages, [first]);

  const newest = { framesSent: 30, framesReceived: 31, bytesSent: 3_000_000, peakMemory: 5e8 };
  const telemetry = { ...TELEMETRY, ...newest, busy: 3000, serializing: 750 };
  recorder.handle({ ...ENVELOPE, type: 'telemetry', stage: 'layer-1', telemetry });
  recorder.handle({ ...ENVELOPE, type: 'telemetry', stage: 'a stage that never started', telemetry: TELEMETRY });
  t.strictSame(recorder.stages, [
    {
      ...LAYER,
      peakMemoryBytes: 5e8,
      seconds: { busy: 3, waitingForInput: 2, waitingForCredit: 4, serializing: 0.75 },
      cpuSeconds: 8,
      framesSent: 30,
      bytesSent: 3_000_000,
    },
  ]);
});
