import { evaluatorReport } from '@layerline/api';
import type { EvaluatorReport } from '@layerline/api';

import { stagesOf, trainedLayers } from '@layerline/plan';
import type { PartialRunConfig } from '@layerline/plan';
import type { Block, Frame, Rows } from '@layerline/protocol';
import t from 'tap';
import { EvaluatorRole } from '../src/index.js';
import { BLANK } from './support/data.js';
import { collect, planOf, streamOf } from './support/run.js';

const CLASSES = 10;

const PLAN = planOf({ layers: [6, 5, 4], batch: 2, observeEvery: 0, programs: { 'layer-2': 'reservoir' } }, 2);

function goodness(rows: number, of: (row: number) => number): Block[] {
  const data = Float32Array.from({ length: rows }, (_, row) => of(row));
  return ['layer-1', 'layer-3'].map((layer) => ({
    name: `goodness/${layer}`,
    type: 'f32',
    shape: [rows, 1],
    data,
  }));
}

await t.test('a plan knows which layers learn, and who runs the others', (t) => {
  t.same(trainedLayers(PLAN), [0, 2]);
  t.same(
    stagesOf(PLAN).map(({ stage, program }) => [stage, program]),
    [
      ['feeder', undefined],
      ['layer-1', undefined],
      ['layer-2', 'reservoir'],
      ['layer-3', undefined],
      ['evaluator', undefined],
    ],
  );
  t.same(trainedLayers(planOf({ layers: [6, 5, 4] }, 20)), [0, 1, 2]);
  t.end();
});

await t.test('a program stands in for a layer between two others, in a process of its own', (t) => {
  const refused = (config: PartialRunConfig, message: string): void => {
    t.throws(() => planOf(config, 100), { code: 'ERR_CONFIG', message });
  };
  const layers = [6, 5, 4];
  const only = 'programs: a program can stand in for a layer between the first and the last';
  for (const stage of ['layer-1', 'layer-3', 'layer-4', 'evaluator', 'Layer-2']) {
    refused({ layers, programs: { [stage]: 'reservoir' } }, `${only} (here layer-2), and not for ${stage}`);
  }
  refused({ layers: [6, 5], programs: { 'layer-2': 'a' } }, `${only} (there is none here), and not for layer-2`);
  refused(
    { layers, programs: { 'layer-2': 'reservoir' }, singleProcess: true },
    'singleProcess: layer-2 is a program of its own: train without --single-process',
  );
  t.end();
});

await t.test('the evaluator expects no goodness of a foreign layer, and reports null in its place', async (t) => {
  const header = { kind: 'rows', epoch: 1, batch: 0 } as const;
  const train: Rows = {
    ...header,
    purpose: 'train',
    ...{ positive: 2, negative: 2, neutral: 0 },
    blocks: goodness(4, (row) => (row < 2 ? 3 : 1)),
  };
  const labels: Block = { name: 'labels', type: 'u8', shape: [1, 1], data: Uint8Array.of(7) };
  const score: Rows = {
    ...header,
    purpose: 'score',
    ...{ positive: 0, negative: 0, neutral: CLASSES },
    blocks: [labels, BLANK, ...goodness(CLASSES, (row) => Number(row === 7))],
  };
  const frames: Frame[] = [
    train,
    { kind: 'barrier', order: { type: 'epoch-end', epoch: 1, batches: 1 } },
    { kind: 'barrier', order: { type: 'evaluate', epoch: 1 } },
    score,
    { kind: 'barrier', order: { type: 'evaluated', epoch: 1 } },
  ];
  const reports: EvaluatorReport[] = [];
  const role = new EvaluatorRole(PLAN, {
    report: (report) => void reports.push(evaluatorReport.parse(report)),
    storeSnapshot: async () => undefined,
    storeLook: async () => undefined,
  });
  t.same(await collect(role.transform(streamOf(...frames))), []);
  const layer = { positive: 3, negative: 1, separation: 1 };
  const epoch = reports.find((report) => report.type === 'training' && report.scope === 'epoch');
  t.match(epoch, { layers: [layer, null, layer] });
  t.match(
    reports.find(({ type }) => type === 'evaluation'),
    { testError: 0, perLayerError: [0, null, 0] },
  );
});
