import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GoodnessSummary, LayerObservation } from '@layerline/api';
import t from 'tap';
import { layerline, train } from '../support/layerline.js';
import { LAYER_MEASURES } from '../support/measures.js';
import { isRefusal } from '../support/refusal.js';
import { readLines } from '../support/run-folder.js';
import { run, skipWithout } from '../support/tools.js';

const READER = fileURLToPath(new URL('../../../foreign/read_events.py', import.meta.url));

type Point = readonly [at: number, step: number, value: number];
type Histogram = readonly [at: number, step: number, figures: readonly number[], limits: number[], counts: number[]];

interface Events {
  readonly scalars: Readonly<Record<string, readonly Point[]>>;
  readonly histograms: Readonly<Record<string, readonly Histogram[]>>;
}

interface Line {
  readonly type: string;
  readonly at: string;
  readonly step: number;
  readonly epoch: number;
  readonly trainSeconds: number;
  readonly testError: number;
  readonly perLayerError: readonly number[];
  readonly layers: readonly (LayerObservation | null)[];
}

function goodness(mean: number, first: number, counts: readonly number[]): object {
  const count = counts.reduce((sum, inBin) => sum + inBin, 0);
  return { count, mean, deviation: mean / 3, deciles: Array(9).fill(mean), histogram: { first, counts } };
}

function observed(base: number): object {
  return {
    positive: goodness(base + 1 / 3, 130, [0, 3, 0, 7, 0]),
    negative: goodness(base / 7, -2, [1, 0, 2, 3, 4]),
    separation: 0.9,
    pairwiseError: 0.1,
    loss: base / 3,
    silentUnits: 0.25,
    weightNorm: base * 11,
    updateNorm: base / 1000,
    learningRate: 0.003,
  };
}

/** The series that a run's record has, worked out with none of the product's code. */
function seriesIn(lines: readonly Line[], batchesPerEpoch: number): Map<string, Point[]> {
  const series = new Map<string, Point[]>();
  const add = (name: string, { at }: Line, step: number, value: unknown): void => {
    series.set(name, [...(series.get(name) ?? []), [Date.parse(at) / 1000, step, value as number]]);
  };
  for (const line of lines) {
    if (line.type === 'evaluation') {
      const step = line.step ?? line.epoch * batchesPerEpoch;
      add('test-error', line, step, line.testError);
      line.perLayerError.forEach((error, layer) => add(`layer-${layer + 1}/test-error`, line, step, error));
    }
    if (line.type !== 'observation') continue;
    line.layers.forEach((layer, index) => {
      for (const [name, read] of Object.entries(LAYER_MEASURES)) {
        if (layer !== null) add(`layer-${index + 1}/${name}`, line, line.step, read(layer));
      }
    });
  }
  return series;
}

/** Where a bin of the record's histograms begins and ends: eight to an octave, from 2⁻¹⁶ on. */
function bucketOf(bin: number): [number, number] {
  const edge = (size: number): number => 2 ** (-16 + size / 8);
  if (bin === 0) return [-edge(0), edge(0)];
  return bin > 0 ? [edge(bin - 1), edge(bin)] : [-edge(-bin), -edge(-bin - 1)];
}

function histogramOf({ at, step }: Line, { count, mean, deviation, histogram }: GoodnessSummary): Histogram {
  const bins = histogram.counts.map((inBin, place) => ({ bin: histogram.first + place, inBin }));
  const [begin, end] = [bins.findIndex(({ inBin }) => inBin > 0), bins.findLastIndex(({ inBin }) => inBin > 0)];
  const kept = bins.slice(begin, end + 1);
  const limits = kept.map(({ bin }) => bucketOf(bin)[1]);
  const min = bucketOf(kept[0]?.bin ?? 0)[0];
  const figures = [min, limits.at(-1) ?? 0, count, count * mean, count * (deviation ** 2 + mean ** 2)];
  return [Date.parse(at) / 1000, step, figures, limits, kept.map(({ inBin }) => inBin)];
}

const skip = skipWithout('python3', '-c', 'import tensorboard');

await t.test('a run is exported, and TensorBoard reads what its metrics file has', { skip }, async (t) => {
  const cwd = t.testdir();
  const { folder, epochs, images } = await train(t, cwd, '--single-process', '--epochs', '3');
  const record = join(cwd, basename(folder), 'metrics.jsonl');
  const batchesPerEpoch = images / 500 / epochs;
  // Observations of numbers that fp32 does not have, with bins on both sides of zero.
  const last = images / 500;
  for (const [place, layers] of [
    [observed(5), observed(7)],
    [observed(11), null],
  ].entries()) {
    const [id, at] = [`9.0.${place + 1}`, new Date(Date.UTC(2030, 0, 1) + place).toISOString()];
    const event = { type: 'observation', id, at, step: last + 1 + place, epoch: 4, trainSeconds: 9 + place, layers };
    appendFileSync(record, `${JSON.stringify(event)}\n`);
  }
  const lines = readLines(record) as unknown as Line[];
  const series = seriesIn(lines, batchesPerEpoch);
  t.equal(series.get('test-error')?.length, 3);

  const name = basename(folder);
  const give = (format: string) =>
    layerline(t, ['export', name, '--format', format, '--out', '.', '--to', 'given'], { cwd });
  // Exported again, nothing is there twice.
  for (let times = 0; times < 2; times++) t.equal((await give('tensorboard')).code, 0);
  const events = JSON.parse(await run('python3', [READER, join(cwd, 'given', name)])) as Events;
  t.same(Object.keys(events.scalars).sort(), [...series.keys()].sort());
  for (const [name, points] of series) {
    t.same(
      events.scalars[name],
      points.map(([at, step, value]) => [at, step, Math.fround(value)]),
      name,
    );
  }

  const observations = lines.filter(({ type }) => type === 'observation');
  for (const sign of ['positive', 'negative'] as const) {
    for (const layer of [0, 1]) {
      const wanted = observations.flatMap((line) => {
        const found = line.layers[layer];
        return found ? [histogramOf(line, found[sign])] : [];
      });
      t.same(events.histograms[`layer-${layer + 1}/goodness/${sign}`], wanted, `layer ${layer + 1}, ${sign}`);
    }
  }

  const rows = [...series].flatMap(([name, points]) => points.map(([at, step, value]) => ({ name, at, step, value })));
  const csv = await give('csv');
  t.equal(csv.stdout, `given/${name}.csv\n`);
  const [head, ...cells] = readFileSync(join(cwd, csv.stdout.trim()), 'utf8').trimEnd().split('\n');
  t.equal(head, 'series,step,at,train_seconds,value');
  t.same(
    new Set(cells.map((line) => line.split(',').toSpliced(3, 1).join(' '))),
    new Set(rows.map(({ name, at, step, value }) => `${name} ${step} ${new Date(at * 1000).toISOString()} ${value}`)),
  );
  const jsonl = await give('jsonl');
  const objects = readLines(join(cwd, jsonl.stdout.trim()));
  t.equal(objects.length, rows.length);
  for (const { name, step, value } of rows) {
    t.ok(objects.some((object) => object['series'] === name && object['step'] === step && object['value'] === value));
  }
});

await t.test('what cannot be exported is refused', async (t) => {
  const cwd = t.testdir();
  isRefusal(t, await layerline(t, ['export', 'none', '--format', 'csv'], { cwd }), { code: 1, says: ['no run none'] });
  isRefusal(t, await layerline(t, ['export', 'none', '--format', 'xls'], { cwd }), { code: 2, says: ['tensorboard'] });
  isRefusal(t, await layerline(t, ['export', 'none'], { cwd }), { code: 2, says: ['--format'] });
  const { folder } = await train(t, cwd, '--single-process');
  writeFileSync(join(cwd, 'taken'), '');
  const refused = await layerline(t, ['export', basename(folder), '--out', '.', '--to', 'taken/x', '--format', 'csv'], {
    cwd,
  });
  isRefusal(t, refused, { code: 1, says: ['taken', 'Cannot write'] });
});
