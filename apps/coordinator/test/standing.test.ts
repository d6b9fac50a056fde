import type { RunEventBody } from '@layerline/api';
import t from 'tap';
import { Standing } from '../src/events/standing.js';
import { begunRun } from './support/cluster.js';
import { TELEMETRY } from './support/telemetry.js';

t.test('a life goes on from what the record has kept', async (t) => {
  const { run } = await begunRun(t);
  const standing = new Standing(run.run.record.plan);
  const layers = [{ positive: 2, negative: 1, separation: 0.75 }, null];
  const training = {
    type: 'training',
    scope: 'interval',
    epoch: 1,
    batch: 4,
    images: 200,
    trainSeconds: 3,
    layers,
  } as const;
  const evaluation = { epoch: 1, seconds: 1, testError: 0.25, perLayerError: [0.5, null] };
  const envelope = { id: '1.0.1', at: '2026-01-01T00:00:00.000Z' };
  standing.handle({ type: 'rewound', ...envelope, step: 5 });
  standing.goOnFrom({ training, evaluation: { type: 'evaluation', ...evaluation, trainSeconds: 4 } });
  t.match(standing.read(), { layers, testError: 0.25, trainSeconds: 4, images: 250 });
  standing.goOnFrom({ training: undefined, evaluation: undefined });
  t.match(standing.read(), { layers: [], testError: null, trainSeconds: 0 }, 'where nothing is left, nothing is told');
});

t.test('stages of a life that has ended are not shown as if they were still there', async (t) => {
  const { run } = await begunRun(t);
  const standing = new Standing(run.run.record.plan);
  let sequence = 0;
  const tell = (body: RunEventBody): void =>
    standing.handle({ ...body, id: `0.0.${sequence++}`, at: '2026-01-01T00:00:00.000Z' });
  const process = { stage: 'layer-1', role: 'layer', node: 'box', pid: 1 } as const;
  tell({ type: 'stage-started', process });
  tell({ type: 'telemetry', stage: 'layer-1', telemetry: TELEMETRY });
  tell({ type: 'state', state: 'running' });
  tell({ type: 'telemetry', stage: 'layer-1', telemetry: { ...TELEMETRY, elapsed: 8000 } });
  t.match(standing.read(), { processes: [process], bottleneck: 'layer-1' });
  tell({ type: 'state', state: 'recovering' });
  t.match(standing.read(), { processes: [], telemetry: {}, bottleneck: null });
});

t.test('only a stage that has reported lately, in a run that is running, holds up the others', async (t) => {
  const { run } = await begunRun(t);
  const standing = new Standing(run.run.record.plan);
  let sequence = 0;
  const tell = (body: RunEventBody): void =>
    standing.handle({ ...body, id: `0.0.${sequence++}`, at: '2026-01-01T00:00:00.000Z' });
  const measure = (elapsed: number, busy: number): void =>
    tell({ type: 'telemetry', stage: 'layer-1', telemetry: { ...TELEMETRY, elapsed, busy } });
  tell({ type: 'state', state: 'running' });
  measure(7000, 1000);
  t.match(standing.read(), { bottleneck: 'layer-1' });
  t.match(standing.read(performance.now() + 6000), { bottleneck: null }, 'it has fallen silent');
  tell({ type: 'state', state: 'paused' });
  measure(8000, 1000);
  t.match(standing.read(), { bottleneck: null, telemetry: { 'layer-1': { now: { elapsed: 8000 } } } });
  tell({ type: 'state', state: 'running' });
  t.match(standing.read(), { bottleneck: null }, 'nothing has been measured since the pause');
  measure(8500, 1500);
  const { bottleneck, telemetry } = standing.read();
  t.equal(bottleneck, 'layer-1');
  t.match(telemetry['layer-1'], { before: { elapsed: 8000 }, now: { elapsed: 8500 } }, 'the pause does not count');
});
