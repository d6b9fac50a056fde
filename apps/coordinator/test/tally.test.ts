import { knownSummary } from '@layerline/datasets';
import type { RunEventBody, RunReading, RunStatus } from '@layerline/api';
import { applyPreset, makePlan } from '@layerline/plan';
import t from 'tap';
import { Tally } from '../src/metrics/tally.js';
import { BATCH } from './support/cluster.js';

const PLAN = makePlan(applyPreset('quick', { layers: [16, 16], batch: BATCH }), {
  dataset: { name: 'digits', seed: 1 },
  summary: { ...knownSummary('digits'), trainByClass: [10 * BATCH], testRows: 100 },
  engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
});
const READING = {
  ...{ elapsed: 2000, rows: 10, busy: 1500, waitingForInput: 250, waitingForCredit: 125, serializing: 75, cpu: 3000 },
  ...{ framesSent: 5, framesReceived: 4, bytesSent: 600, memory: 1000, peakMemory: 2000 },
};

class TalliedRun {
  readonly tally = new Tally(PLAN);

  tell(...bodies: readonly RunEventBody[]): void {
    for (const body of bodies) this.tally.handle({ id: '0.0.1', at: '2026-01-01T00:00:00Z', ...body });
  }

  measured(rows: number, figures: Partial<typeof READING> = {}): void {
    this.tell({ type: 'telemetry', stage: 'layer-1', telemetry: { ...READING, rows, ...figures } });
  }

  evaluated(epoch: number, error: number): void {
    const [testError, perLayerError] = [error, [error, error]];
    this.tell({ type: 'evaluation', epoch, testError, perLayerError, seconds: 1, trainSeconds: 1 });
  }

  observed(step: number): void {
    this.tell({ type: 'observation', step, epoch: 1, trainSeconds: 1, layers: [null, null] });
  }

  read(): RunReading {
    return this.tally.read({ placement: { 'layer-1': 'box' } } as unknown as RunStatus);
  }

  get layer() {
    const found = this.read().stages.find(({ stage }) => stage === 'layer-1');
    if (found === undefined) throw new Error('there is no layer-1');
    return found;
  }
}

t.test('counts add up over lives, levels do not', (t) => {
  const run = new TalliedRun();
  t.match(run.layer, { node: 'box', role: 'layer', now: null, total: null });
  run.measured(10);
  run.measured(30, { memory: 500 });
  t.match(run.layer, { now: { rows: 30 }, total: { rows: 30, memory: 500 } });
  run.tell({ type: 'state', state: 'recovering' }, { type: 'state', state: 'waiting' });
  t.match(run.layer, { now: null, total: { rows: 30, busy: 1500 } });
  run.measured(5, { memory: 700 });
  t.match(run.layer, { now: { rows: 5 }, total: { rows: 35, busy: 3000, memory: 700 } });
  t.equal(run.tally.endedAt, undefined);
  run.tell({ type: 'ended', end: { error: { code: 'ERR', message: 'over' } } });
  t.match(run.layer, { now: null, total: { rows: 35 } });
  t.ok((run.tally.endedAt ?? Infinity) <= performance.now());
  t.end();
});

t.test('counters do not fall within a life, whatever a stage says', (t) => {
  const run = new TalliedRun();
  run.measured(10);
  run.measured(4, { bytesSent: 700, memory: 10 });
  t.match(run.layer.total, { rows: 10, bytesSent: 700, memory: 10 });
  t.end();
});

t.test('a rewind takes back what was measured of later steps', (t) => {
  const run = new TalliedRun();
  run.evaluated(1, 0.5);
  run.evaluated(2, 0.25);
  run.observed(15);
  t.same(run.read().perLayerError, [0.25, 0.25]);
  t.same(run.read().layers, [null, null]);
  run.tell({ type: 'rewound', step: 15 });
  t.same(run.read().perLayerError, [0.5, 0.5]);
  t.same(run.read().layers, [null, null]);
  run.tell({ type: 'rewound', step: 9 });
  t.same(run.read().perLayerError, []);
  t.same(run.read().layers, []);
  t.end();
});

t.test('snapshots that are stored are counted, and no others', (t) => {
  const run = new TalliedRun();
  run.tell({ type: 'snapshot', step: 1 }, { type: 'snapshot-stored', step: 1, parts: [], seconds: 1 });
  run.tell({ type: 'snapshot-failed', step: 2, stage: 'layer-1', message: 'no room' });
  t.equal(run.read().snapshotsStored, 1);
  t.end();
});
