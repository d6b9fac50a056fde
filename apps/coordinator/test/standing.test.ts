import type { RunEventBody } from '@layerline/api';
import t from 'tap';
import { Standing } from '../src/events/standing.js';
import { begunRun } from './support/cluster.js';

const TELEMETRY = {
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

t.test('stages of a life that has ended are not shown as if they were still there', async (t) => {
  const { run } = await begunRun(t);
  const standing = new Standing(run.run.record.plan);
  let sequence = 0;
  const tell = (body: RunEventBody): void =>
    standing.handle({ ...body, id: `0.0.${sequence++}`, at: '2026-01-01T00:00:00.000Z' });
  const process = { stage: 'layer-1', role: 'layer', node: 'box', pid: 1 } as const;
  tell({ type: 'stage-started', process });
  tell({ type: 'telemetry', stage: 'layer-1', telemetry: TELEMETRY });
  t.match(standing.read(), { processes: [process], bottleneck: 'layer-1' });
  tell({ type: 'state', state: 'recovering' });
  t.match(standing.read(), { processes: [], telemetry: {}, bottleneck: null });
});
