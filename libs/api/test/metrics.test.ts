import { readFileSync } from 'node:fs';
import t from 'tap';
import { METRICS, metricsPage, runStatus } from '../src/index.js';
import type { LayerObservation, Reading, RunReading, StageFigures } from '../src/index.js';

const GOODNESS = { count: 3, mean: 2, deviation: 0.5, deciles: Array(9).fill(2), histogram: { first: 0, counts: [] } };
const OBSERVATION: LayerObservation = {
  positive: GOODNESS,
  negative: { ...GOODNESS, mean: 1 },
  separation: 0.75,
  pairwiseError: 0.125,
  loss: 0.25,
  silentUnits: 0.5,
  weightNorm: 10,
  updateNorm: 0.1,
  learningRate: 0.003,
};
const TELEMETRY = {
  elapsed: 2000,
  rows: 10,
  busy: 1500,
  waitingForInput: 250,
  waitingForCredit: 125,
  serializing: 75,
  cpu: 3000,
  framesSent: 5,
  framesReceived: 4,
  bytesSent: 600,
  memory: 1000,
  peakMemory: 2000,
};

function stage(name: string, figures: Partial<StageFigures> = {}): StageFigures {
  return { stage: name, role: 'layer', node: 'box', now: TELEMETRY, total: TELEMETRY, ...figures };
}

function readingOf(figures: Partial<RunReading> = {}): Reading {
  const status = runStatus.parse({
    ...{
      id: 'run',
      state: 'paused',
      end: null,
      units: [4, 4],
      epochs: 2,
      imagesInAll: 80,
      engine: 'e',
      numerics: null,
    },
    ...{
      exact: true,
      incarnation: 0,
      generation: 0,
      restarts: 3,
      operation: null,
      topology: { revision: 0, shards: [1, 1], threads: 1 },
      epoch: 1,
      images: 20,
      trainSeconds: 1.5,
      layers: [],
    },
    ...{ testError: null, placement: {}, processes: [], telemetry: {}, bottleneck: null, notices: [] },
  });
  const run = {
    status,
    snapshotsStored: 2,
    operations: { applied: 2 },
    layers: [],
    perLayerError: [],
    stages: [],
    ...figures,
  };
  return { version: '1', nodes: 1, runs: [run] };
}

function samplesOf(name: string, reading: Reading): [labels: string, value: number][] {
  const metric = METRICS.find((metric) => metric.name === name);
  if (metric === undefined) throw new Error(`there is no metric ${name}`);
  return metric.samples(reading).map(({ labels, value }) => [Object.values(labels).join(' '), value]);
}

t.test('names and units are by the conventions of Prometheus, and each stands once', (t) => {
  const names = METRICS.map(({ name }) => name);
  t.same([...new Set(names)], names);
  for (const { name, kind, labels, help } of METRICS) {
    t.match(name, /^layerline_(coordinator|run|layer|stage|link)(_[a-z]+)+$/);
    t.equal(name.endsWith('_total'), kind === 'counter', name);
    t.notMatch(name, /_(count|sum|bucket)$/);
    t.match(help, /^[A-Z1].*[^.]$/, name);
    for (const label of labels) t.match(label, /^[a-z]+$/);
  }
  t.end();
});

t.test('the page in docs/ is that of this version: npm run metrics-docs makes it', (t) => {
  const page = metricsPage();
  t.equal(readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8'), `${page}\n`);
  for (const { name, help } of METRICS) t.ok(page.includes(`| \`${name}\` |`) && page.includes(help), name);
  t.end();
});

t.test('a run, and the only state that it is in', (t) => {
  const reading = readingOf();
  t.same(samplesOf('layerline_coordinator_info', reading), [['1', 1]]);
  t.same(samplesOf('layerline_run_images', reading), [['run', 20]]);
  t.same(samplesOf('layerline_run_restarts_total', reading), [['run', 3]]);
  t.same(samplesOf('layerline_run_snapshots_stored_total', reading), [['run', 2]]);
  t.same(samplesOf('layerline_run_test_error_ratio', reading), [], 'none before the first evaluation');
  t.same(
    samplesOf('layerline_run_state', reading).filter(([, value]) => value !== 0),
    [['run paused', 1]],
  );
  t.end();
});

t.test('shards as they are and as they are to be, and what has become of changes', (t) => {
  const reading = readingOf();
  t.same(samplesOf('layerline_run_operations_total', reading), [
    ['run applied', 2],
    ['run rolled-back', 0],
    ['run refused', 0],
    ['run cancelled', 0],
  ]);
  const [run] = reading.runs as [RunReading];
  const change = { kind: 'scale', layer: 'layer-2', from: 1, to: 4 } as const;
  const operation = { id: 3, requestId: null, change, state: 'moving', detail: null, revision: 1 } as const;
  const status = { ...run.status, operation: { ...operation, bytes: 0, seconds: 1, pausedSeconds: 1 } };
  const now = { ...reading, runs: [{ ...run, status }] };
  t.same(samplesOf('layerline_layer_shards', now), [
    ['run layer-1', 1],
    ['run layer-2', 1],
  ]);
  t.same(samplesOf('layerline_layer_wanted_shards', now), [
    ['run layer-1', 1],
    ['run layer-2', 4],
  ]);
  t.end();
});

t.test('links are between layers, from each shard to each', (t) => {
  const names = ['feeder', 'layer-1/1', 'layer-1/2', 'layer-2', 'evaluator'];
  const reading = readingOf({ stages: names.map((name) => stage(name, { total: TELEMETRY })) });
  t.same(
    samplesOf('layerline_link_sent_frames_total', reading).map(([labels]) => labels),
    [
      'run feeder layer-1/1',
      'run feeder layer-1/2',
      'run layer-1/1 layer-2',
      'run layer-1/2 layer-2',
      'run layer-2 evaluator',
    ],
  );
  t.end();
});

t.test('layers, but for those that a program stands in for', (t) => {
  const reading = readingOf({ layers: [OBSERVATION, null, OBSERVATION], perLayerError: [0.5, null, 0.25] });
  t.same(samplesOf('layerline_layer_loss', reading), [
    ['run layer-1', 0.25],
    ['run layer-3', 0.25],
  ]);
  t.same(samplesOf('layerline_layer_negative_goodness', reading)[1], ['run layer-3', 1]);
  t.same(samplesOf('layerline_layer_test_error_ratio', reading), [
    ['run layer-1', 0.5],
    ['run layer-3', 0.25],
  ]);
  t.end();
});

t.test('stages and links: counts over all lives, levels of the current one', (t) => {
  const twice = { ...TELEMETRY, busy: 3000, framesSent: 10, bytesSent: 1200 };
  const stages = [
    stage('feeder', { total: twice }),
    stage('layer-1', { now: { ...TELEMETRY, framesReceived: 2 } }),
    stage('evaluator', { node: null, now: null }),
    stage('silent', { now: null, total: null }),
  ];
  const reading = readingOf({ stages });
  t.same(samplesOf('layerline_stage_busy_seconds_total', reading), [
    ['run feeder', 3],
    ['run layer-1', 1.5],
    ['run evaluator', 1.5],
  ]);
  t.same(samplesOf('layerline_stage_memory_bytes', reading), [
    ['run feeder', 1000],
    ['run layer-1', 1000],
  ]);
  t.same(samplesOf('layerline_stage_info', reading), [
    ['run feeder layer box', 1],
    ['run layer-1 layer box', 1],
    ['run silent layer box', 1],
  ]);
  t.same(samplesOf('layerline_link_sent_bytes_total', reading)[0], ['run feeder layer-1', 1200]);
  t.same(samplesOf('layerline_link_received_frames_total', reading)[1], ['run layer-1 evaluator', 4]);
  t.same(samplesOf('layerline_link_in_flight_frames', reading), [['run feeder layer-1', 3]]);
  t.end();
});
