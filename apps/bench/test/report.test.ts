import t from 'tap';
import type { Comparison, Entry } from '../src/comparison.js';
import type { PipelineResult } from '../src/pipeline.js';
import { markdownTable, times, wholeSpread } from '../src/report/format.js';
import { comparisonTable, markdownReport, stageTable } from '../src/report/markdown.js';
import { comparisonPlot, pipelinePlot } from '../src/report/plots.js';
import type { Report } from '../src/report/report.js';
import { shardsSection } from '../src/report/shards-section.js';
import { watchingSection } from '../src/report/watching-section.js';
import { WORK } from './work.js';

function entry(name: string, imagesPerSecond: readonly number[], more: Partial<Entry> = {}): Entry {
  const defaults = { variant: '2 threads', images: WORK.images, testError: undefined, versions: {} };
  return { name, imagesPerSecond, ...defaults, ...more };
}

const PYTHON = { python: '3.11', jax: '0.10' };
const COMPARISON: Comparison = {
  work: WORK,
  entries: [
    entry('Layerline, one process', [10000, 12000, 11000], { testError: 0.0512, versions: { node: '20' } }),
    entry('Layerline, pipeline', [8000, 9000, 8500]),
    entry('JAX jit', [5000, 4000, 5500], { images: 7200, variant: '1 thread, scan', versions: PYTHON }),
    entry('PyTorch eager', [4500, 4000, 4400], { versions: PYTHON }),
  ],
  absent: [{ name: 'torch', reason: 'pip: exit code 1' }],
};

const PIPELINE: PipelineResult = {
  network: { name: '784-2000-784', layers: [2000, 784] },
  imagesPerSecond: { 'one process, one core': [1000, 1100], 'one process': [1900, 2000], pipeline: [1800, 1980] },
  sameWeights: true,
  stages: [
    {
      stage: 'feeder',
      peakMemoryBytes: 1e8,
      seconds: { busy: 1, waitingForInput: 0, waitingForCredit: 3 },
      cpuSeconds: 2,
      bytesSent: 5e9,
    },
    { stage: 'layer-1', peakMemoryBytes: null, seconds: null, cpuSeconds: null, bytesSent: null },
  ],
  singleProcessBytes: 2e8,
};

const REPORT: Report = {
  date: '2026-01-02',
  commands: ['npm run bench -- --quick', 'npm run bench -- --only limit --add'],
  machine: { cpu: 'Some CPU', cores: 2, memoryBytes: 24 * 2 ** 30, system: 'Linux 6 x64', node: 'v20.0.0' },
  repeats: [3, 2, 3],
  complete: true,
  comparisons: [COMPARISON],
  limit: {
    peaks: [
      { library: 'ONNX Runtime', version: '1.2', threads: 1, size: 1024, gflops: 160 },
      { library: 'ONNX Runtime', version: '1.2', threads: 2, size: 2048, gflops: 300 },
      { library: 'numpy', version: '2.4', threads: 1, size: 1024, gflops: 150 },
    ],
    absent: [],
  },
  accuracy: [],
  engines: undefined,
  pipeline: [PIPELINE],
  shards: undefined,
  transport: [],
  simulation: undefined,
  watching: undefined,
};

function lineOf(text: string, start: string): string {
  return text.split('\n').find((line) => line.startsWith(start)) ?? '';
}

t.test('a table has its first column to the left, and cells cannot break it', (t) => {
  t.equal(markdownTable(['a', 'b'], [['x|y', '1\n2']]), '| a | b |\n| --- | ---: |\n| x\\|y | 1 2 |\n');
  t.equal(times({ median: 1.844, min: 1.8, max: 1.86 }), '1.84 (1.80–1.86)');
  t.equal(wholeSpread({ median: 2345.4, min: 2300, max: 2400 }), '2,345 (2,300–2,400)');
  t.end();
});

t.test(
  'each side has its speed, how many times as fast Layerline is, its share of the peak and its test error',
  (t) => {
    // 784-500-500 takes 5,136,000 operations an image, and 3,568,000 where rows share their image's product: 11,000 and
    // 5,000 a second are 39.2 and 25.7 GFLOPS.
    const table = comparisonTable(COMPARISON, 300);
    t.equal(
      lineOf(table, '| Layerline, one process'),
      '| Layerline, one process | 2 threads | 11,000 (10,000–12,000) | – | – | 13 % | 5.1 % |',
    );
    t.equal(
      lineOf(table, '| JAX'),
      '| JAX jit | 1 thread, scan, 7,200 images | 5,000 (4,000–5,500) | 2.00 (2.00–3.00) | 1.60 (1.55–2.25) | 9 % | – |',
    );
    t.match(table, 'Versions: node 20, python 3.11, jax 0.10.');
    t.match(table, 'Left out: torch (pip: exit code 1).');
    t.notMatch(comparisonTable(COMPARISON), 'of the peak');
    t.end();
  },
);

t.test('each of Layerline’s ways is set beside the best Python peer, where there is one', (t) => {
  const table = comparisonTable(COMPARISON);
  t.match(table, 'Layerline, one process is 2.00 (2.00–3.00) × the best Python peer, JAX jit.');
  t.match(table, 'Layerline, pipeline is 1.60 (1.55–2.25) × the best Python peer, JAX jit.');
  t.notMatch(comparisonTable({ ...COMPARISON, entries: COMPARISON.entries.slice(0, 2) }), 'Python peer');
  t.end();
});

t.test('a report that was written before the end says so', (t) => {
  t.notMatch(markdownReport(REPORT), 'Incomplete');
  t.match(markdownReport({ ...REPORT, complete: false }), '**Incomplete:**');
  t.end();
});

t.test('a stage has the shares of its time, or dashes where they are not known', (t) => {
  const table = stageTable(PIPELINE);
  t.equal(lineOf(table, '| feeder'), '| feeder | 25 % | 0 % | 75 % | 5,000 MB | 100 MB |');
  t.equal(lineOf(table, '| layer-1'), '| layer-1 | – | – | – | – | – |');
  t.match(table, 'In one process: 200 MB.');
  t.end();
});

t.test('the report has a section for each part that was measured', (t) => {
  const report = markdownReport(REPORT);
  t.equal(
    lineOf(report, 'Some CPU'),
    'Some CPU, 2 cores, 24 GiB, Linux 6 x64, Node v20.0.0. 2026-01-02. Made by `npm run bench -- --quick`, ' +
      '`npm run bench -- --only limit --add`. Medians of 2, 3 interleaved runs, with the lowest and the highest in brackets.',
  );
  t.equal(lineOf(report, '| ONNX'), '| ONNX Runtime 1.2 (Layerline’s engine) | 160 | 300 |');
  t.equal(lineOf(report, '| numpy'), '| numpy 2.4 | 150 | – |');
  const speeds = '1,050 (1,000–1,100) | 1,950 (1,900–2,000) | 1,890 (1,800–1,980)';
  t.equal(lineOf(report, '| 2: 784'), `| 2: 784-2000-784 | ${speeds} | 1.80 (1.80–1.80) | 0.97 (0.95–0.99) | yes |`);
  t.notMatch(markdownReport({ ...REPORT, limit: undefined, pipeline: [] }), /## The (limit|pipeline)/);
  t.end();
});

t.test('plots are SVG with every label and median in it', (t) => {
  const comparison = comparisonPlot([COMPARISON]);
  t.match(comparison, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const text of ['784-500-500, sgd', 'Layerline, one process', 'JAX jit', '11,000', '5,000']) {
    t.ok(comparison.includes(`>${text}<`), text);
  }
  t.ok(pipelinePlot([PIPELINE]).includes('>1,890<'));
  t.end();
});

t.test('being watched is compared with being watched by nobody, run by run', (t) => {
  const text = watchingSection({
    work: WORK,
    milliseconds: { nobody: [10, 20, 40], 'a page': [10.1, 20.6, 40] },
    sameWeights: true,
    absent: [{ name: 'a page and ten viewers', reason: 'no Chromium' }],
  });
  t.equal(lineOf(text, '| nobody'), '| nobody | 20.0 (10.0–40.0) | – |');
  t.equal(lineOf(text, '| a page'), '| a page | 20.6 (10.1–40.0) | 1.010 (1.000–1.030) |');
  t.match(text, /All gave the same weights\./);
  t.match(text, /Left out: a page and ten viewers \(no Chromium\)\./);
  t.end();
});

t.test('two shards are compared with one and with two halves, run by run', (t) => {
  const text = shardsSection({
    work: { ...WORK, network: { name: '784-4000', layers: [4000] } },
    imagesPerSecond: {
      'two shards': [1800, 2700, 1900],
      'one shard': [1200, 1500, 1000],
      'two unconnected halves': [2000, 3000, 2000],
    },
    sameWeights: true,
    stages: PIPELINE.stages,
    others: [],
  });
  t.equal(lineOf(text, '| two shards'), '| two shards | 1,900 (1,800–2,700) | – |');
  t.equal(lineOf(text, '| one shard'), '| one shard | 1,200 (1,000–1,500) | 1.80 (1.50–1.90) |');
  t.equal(lineOf(text, '| two unc'), '| two unconnected halves | 2,000 (2,000–3,000) | 0.90 (0.90–0.95) |');
  t.match(text, 'Stages of 784-4000 in 2 shards:');
  t.equal(lineOf(text, '| layer-1 | 2'), '| layer-1 | 2 | 643.2 | 32.0 | 1600.0 | 0.0 | 50 |');
  t.equal(lineOf(text, '| layer-4'), '| layer-4 | 4 | 6409.6 | 48.0 | 2400.0 | 2400.0 | 100 |');
  t.end();
});
