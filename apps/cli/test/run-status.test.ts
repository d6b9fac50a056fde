import type { RunStatus } from '@layerline/api';
import t from 'tap';
import { describeRun } from '../src/display/run-status.js';

const FIGURES = {
  serializing: 0,
  cpu: 0,
  framesSent: 0,
  framesReceived: 0,
  bytesSent: 0,
  memory: 2e8,
  peakMemory: 2e8,
};
const BEFORE = { ...FIGURES, elapsed: 1000, rows: 0, busy: 0, waitingForInput: 0, waitingForCredit: 0 };
const NOW = { ...FIGURES, elapsed: 3000, rows: 5000, busy: 1500, waitingForInput: 400, waitingForCredit: 100 };

const STATUS: RunStatus = {
  ...{ id: 'one', state: 'running', end: null, units: [10, 10], epochs: 2, imagesInAll: 1000, engine: 'onnx/c-api' },
  ...{
    numerics: null,
    exact: true,
    incarnation: 0,
    generation: 0,
    restarts: 0,
    epoch: 1,
    images: 250,
    trainSeconds: 1,
  },
  topology: { revision: 0, shards: [1, 1], threads: 1 },
  operation: null,
  layers: [{ positive: 4.5231, negative: 4.3, separation: 0.992 }, null],
  testError: 0.25,
  placement: { 'layer-1': 'box' },
  processes: [{ stage: 'layer-1', role: 'layer', node: 'box', pid: 12 }],
  telemetry: { 'layer-1': { before: BEFORE, now: NOW, age: 400 } },
  bottleneck: 'layer-1',
  notices: [],
};

const GOODNESS = 'goodness  positive  negative  separated\nlayer-1   4.52      4.3       99.2 %\n';

t.test('a run that is running is shown with goodness, how its stages spend their time, and the bottleneck', (t) => {
  t.equal(
    describeRun(STATUS),
    'Run one: running, epoch 1 of 2 (25 %), test error 25.00 %, restarts 0\n' +
      GOODNESS +
      'stage    node  pid  busy  for input  for credit  rows/s  memory\n' +
      'layer-1  box   12   75 %  20 %       5 %         2,500   200 MB\n' +
      'Bottleneck: layer-1, which spends the least time waiting\n',
  );
  t.end();
});

t.test('of one that is paused, nothing is said that was so before; of a silent stage, nothing at all', (t) => {
  const paused = describeRun({ ...STATUS, state: 'paused', bottleneck: null });
  t.match(paused, /^layer-1 {2}box {3}12 +200 MB$/m);
  t.notMatch(paused, /%.*rows|Bottleneck/);
  const silent = { 'layer-1': { before: BEFORE, now: NOW, age: 6000 } };
  t.match(describeRun({ ...STATUS, telemetry: silent, bottleneck: null }), /^layer-1 {2}box {3}12$/m);
  t.end();
});

t.test('a notice is shown as long as it is true', (t) => {
  const at = new Date(2026, 0, 31, 12, 5).toISOString();
  const notices: RunStatus['notices'] = [
    { at, sentence: 'waiting: for a node', during: 'waiting' },
    { at, sentence: 'layer-1 died; going back to the newest snapshot' },
  ];
  const lines = (state: RunStatus['state']): string[] => {
    const shown = describeRun({ ...STATUS, state, notices }).split('\n');
    return shown.filter((line) => line.startsWith('2026-01-31 12:05 '));
  };
  t.same(lines('running'), ['2026-01-31 12:05 layer-1 died; going back to the newest snapshot']);
  t.same(lines('waiting'), [
    '2026-01-31 12:05 waiting: for a node',
    '2026-01-31 12:05 layer-1 died; going back to the newest snapshot',
  ]);
  t.end();
});

t.test('one that has ended is shown with what it has learned, and without stages', (t) => {
  const end = { error: { code: 'ERR_NODE_LOST', message: 'Node box is gone' } };
  t.equal(
    describeRun({ ...STATUS, state: 'ended', end, bottleneck: null }),
    `Run one: failed: Node box is gone, epoch 1 of 2 (25 %), test error 25.00 %, restarts 0\n${GOODNESS}`,
  );
  t.end();
});
