import type { EvaluatorReport } from '@layerline/api';
import { evaluatorReport } from '@layerline/api';

import type { Plan } from '@layerline/plan';
import type { BarrierOrder, Block, Frame, Rows } from '@layerline/protocol';
import t from 'tap';
import { EvaluatorRole } from '../src/index.js';
import { BLANK } from './support/data.js';
import { collect, planOf, reportsOf, streamOf } from './support/run.js';

const CLASSES = 10;

const PROTOCOL_ERROR = { name: 'ProtocolError', code: 'ERR_PROTOCOL' };
/** Forty batches an epoch, so that every second one brings a report. */
const PLAN = planOf({ layers: [4, 4], batch: 2, epochs: 2, observeEvery: 0 }, 80);

const barrier = (order: BarrierOrder): Frame => ({ kind: 'barrier', order });

const STOPPED = [barrier({ type: 'store-model' }), barrier({ type: 'end', outcome: 'stopped' })];

function trained(epoch: number, batch: number, positive = 2, negative = 2, sentAt?: number): Rows {
  const level = (size: number): Float32Array =>
    Float32Array.from({ length: positive + negative }, (_, row) => (row < positive ? size : 1));
  const stamp = sentAt === undefined ? {} : { sentAt };
  return {
    kind: 'rows',
    purpose: 'train',
    epoch,
    batch,
    positive,
    negative,
    neutral: 0,
    ...stamp,
    blocks: goodness(level(3), level(0)),
  };
}

/** One image, which both layers take for `guess`. */
function scored(label: number, guess: number, batch = 0, epoch = 1): Rows {
  const levels = Float32Array.from({ length: CLASSES }, (_, row) => Number(row === guess));
  const labels: Block = { name: 'labels', type: 'u8', shape: [1, 1], data: Uint8Array.of(label) };
  const blocks = [labels, ...goodness(levels, levels), BLANK];
  return { kind: 'rows', purpose: 'score', epoch, batch, positive: 0, negative: 0, neutral: CLASSES, blocks };
}

function goodness(...layers: Float32Array[]): Block[] {
  return layers.map((data, index) => ({
    name: `goodness/layer-${index + 1}`,
    type: 'f32',
    shape: [data.length, 1],
    data,
  }));
}

const reportsFrom = (...frames: readonly Frame[]): Promise<EvaluatorReport[]> => reportsOn(PLAN, 0, ...frames);

/** @param step where the stream goes on */
async function reportsOn(plan: Plan, step: number, ...frames: readonly Frame[]): Promise<EvaluatorReport[]> {
  const reports: EvaluatorReport[] = [];
  const services = {
    report: (report: EvaluatorReport) => void reports.push(evaluatorReport.parse(report)),
    storeSnapshot: async () => undefined,
    storeLook: async () => undefined,
  };
  const role = new EvaluatorRole(plan, services, { step });
  t.same(await collect(role.transform(streamOf(...frames))), [], 'the stream ends here');
  await role.close();
  return reports;
}

await t.test('training is reported some twenty times an epoch, and as a whole at its end', async (t) => {
  const batches = Array.from({ length: 40 }, (_, batch) => trained(1, batch));
  const reports = await reportsFrom(...batches, barrier({ type: 'epoch-end', epoch: 1, batches: 40 }));
  const layers = [
    { positive: 3, negative: 1, separation: 1 },
    { positive: 0, negative: 1, separation: 0 },
  ];
  const training = reportsOf(reports, 'training');
  t.same(
    training.slice(0, -1).map(({ trainSeconds: _, ...report }) => report),
    Array.from({ length: 20 }, (_, index) => {
      const batch = 2 * index + 2;
      return { type: 'training', scope: 'interval', epoch: 1, batch, images: 2 * batch, layers };
    }),
  );
  t.match(training.at(-1), { type: 'training', scope: 'epoch', epoch: 1, batch: 40, images: 80, layers });
  t.match(reportsOf(reports, 'progress')[0], { type: 'progress', epoch: 1, images: 2 }, 'the first batch is progress');
  const seconds = training.map(({ trainSeconds }) => trainSeconds);
  t.same(
    seconds,
    [...seconds].sort((a, b) => a - b),
    'the time of training only grows',
  );
});

await t.test('each epoch is averaged by itself', async (t) => {
  // A report every second batch, so that the last one of the epoch is in none.
  const plan = planOf({ layers: [4, 4], batch: 2, epochs: 2, evalEvery: 0, observeEvery: 0 }, 42);
  const first = Array.from({ length: 21 }, (_, batch) => trained(1, batch));
  const lone: Rows = { ...trained(2, 0), blocks: goodness(Float32Array.of(5, 5, 6, 4), Float32Array.of(1, 1, 1, 1)) };
  const stopped = [lone, trained(2, 1), barrier({ type: 'epoch-end', epoch: 2, batches: 2 })];
  const frames = [...first, barrier({ type: 'epoch-end', epoch: 1, batches: 21 }), ...stopped];
  const training = reportsOf(await reportsOn(plan, 0, ...frames), 'training');
  t.same(
    training.slice(-4).map(({ scope, epoch, batch, images, layers }) => [scope, epoch, batch, images, layers[0]]),
    [
      ['interval', 1, 20, 40, { positive: 3, negative: 1, separation: 1 }],
      ['epoch', 1, 21, 42, { positive: 3, negative: 1, separation: 1 }],
      ['interval', 2, 2, 46, { positive: 4, negative: 3, separation: 0.75 }],
      ['epoch', 2, 2, 46, { positive: 4, negative: 3, separation: 0.75 }],
    ],
  );
});

/** One batch an epoch, and an evaluation after each. */
const SHORT = planOf({ layers: [4, 4], batch: 2, epochs: 3, evalEvery: 1, observeEvery: 0 }, 2);

await t.test('an evaluation gives the errors of its images', async (t) => {
  const evaluation = (epoch: number, ...guesses: [label: number, guess: number][]): Frame[] => [
    barrier({ type: 'epoch-end', epoch, batches: 1 }),
    barrier({ type: 'evaluate', epoch }),
    ...guesses.map(([label, guess], batch) => scored(label, guess, batch, epoch)),
    barrier({ type: 'evaluated', epoch }),
  ];
  const first = evaluation(1, [3, 3], [4, 4], [5, 6], [9, 9]);
  const second = evaluation(2, [1, 2], [2, 2]);
  const reports = reportsOf(await reportsOn(SHORT, 1, ...first, trained(2, 0), ...second), 'evaluation');
  t.same(
    reports.map(({ epoch, testError, perLayerError }) => [epoch, testError, perLayerError]),
    [
      [1, 0.25, [0.25, 0.25]],
      [2, 0.5, [0.5, 0.5]],
    ],
  );
  t.ok(reports.every(({ seconds }) => seconds >= 0));
});

await t.test(
  'the end sums up epochs that were whole, images, and the time of training without evaluations',
  async (t) => {
    let clock = 100_000;
    t.intercept(performance, 'now', { value: () => clock });
    // The clock that people set is put back by an hour once the first frame has come.
    t.intercept(Date, 'now', { value: () => (clock === 100_000 ? clock : clock - 3_600_000) });
    const frames = async function* (): AsyncGenerator<Frame> {
      const steps: [milliseconds: number, frame: Frame][] = [
        [0, trained(1, 0, 2, 2, 97_000)],
        [1000, barrier({ type: 'epoch-end', epoch: 1, batches: 1 })],
        [0, barrier({ type: 'evaluate', epoch: 1 })],
        [700, scored(1, 1)],
        [0, barrier({ type: 'evaluated', epoch: 1 })],
        [400, trained(2, 0)],
        [0, barrier({ type: 'epoch-end', epoch: 2, batches: 1 })],
        [0, barrier({ type: 'evaluate', epoch: 2 })],
        [50, scored(1, 1, 0, 2)],
        [0, barrier({ type: 'evaluated', epoch: 2 })],
        [0, barrier({ type: 'epoch-end', epoch: 3, batches: 0 })],
        [9000, barrier({ type: 'store-model' })],
        [0, barrier({ type: 'end', outcome: 'stopped' })],
      ];
      for (const [milliseconds, frame] of steps) {
        clock += milliseconds;
        yield frame;
      }
    };
    const reports: EvaluatorReport[] = [];
    const services = {
      report: (report: EvaluatorReport) => void reports.push(report),
      storeSnapshot: async () => undefined,
      storeLook: async () => undefined,
    };
    await collect(new EvaluatorRole(SHORT, services).transform(frames()));
    // From the first frame's departure to the last one's arrival 5.1 seconds, of which 0.7 went into an evaluation.
    const totals = { epochs: 2, images: 4, trainSeconds: 4.4, evalSeconds: 0.75 };
    t.same(reports.at(-1), { type: 'end', outcome: 'stopped', ...totals });
    t.same(
      reportsOf(reports, 'evaluation').map(({ seconds, trainSeconds }) => [seconds, trainSeconds]),
      [
        [0.7, 3],
        [0.05, 4.4],
      ],
      'each evaluation says how long training had taken until then',
    );
    const [nothing] = reportsOf(await reportsFrom(...STOPPED), 'end');
    t.same(nothing, { type: 'end', outcome: 'stopped', epochs: 0, images: 0, trainSeconds: 0, evalSeconds: 0 });
  },
);

await t.test('malformed frames are refused', async (t) => {
  const begin = [barrier({ type: 'epoch-end', epoch: 3, batches: 1 }), barrier({ type: 'evaluate', epoch: 3 })];
  const [labels, ...levels] = scored(1, 1).blocks as [Block, ...Block[]];
  const two: Block = { name: 'labels', type: 'u8', shape: [2, 1], data: Uint8Array.of(1, 2) };
  const wrong: Record<string, Rows> = {
    'training rows without goodness': { ...trained(1, 0), blocks: [] },
    'training rows without the goodness of the last layer': {
      ...trained(1, 0),
      blocks: trained(1, 0).blocks.slice(0, 1),
    },
    'goodness of fewer rows': { ...trained(1, 0), blocks: goodness(new Float32Array(3), new Float32Array(3)) },
    'score rows without labels': { ...scored(1, 1, 0, 3), blocks: levels },
    'more labels than score rows': { ...scored(1, 1, 0, 3), blocks: [two, ...levels] },
    'score rows without goodness': { ...scored(1, 1, 0, 3), blocks: [labels] },
  };
  for (const [name, rows] of Object.entries(wrong)) {
    const reports = rows.purpose === 'train' ? reportsFrom(rows) : reportsOn(SHORT, 3, ...begin, rows);
    await t.rejects(reports, { ...PROTOCOL_ERROR, message: /^layer-2 sent / }, name);
  }
});

await t.test(
  'goodness that is no number is blamed on the neighbour that sent it, which has to check what it passes on',
  async (t) => {
    for (const number of [NaN, Infinity, -Infinity]) {
      for (const layer of [1, 2]) {
        const rows = trained(1, 0);
        const { data } = rows.blocks[layer - 1] as Block;
        data[3] = number;
        await t.rejects(reportsFrom(rows), {
          name: 'NotFiniteError',
          code: 'ERR_NOT_FINITE',
          producer: 'layer-2',
          message: `layer-2 sent goodness/layer-${layer} that are not finite numbers, in batch 1 of epoch 1`,
        });
      }
    }
  },
);

await t.test('frames that are not due are refused before they count', async (t) => {
  await t.rejects(reportsFrom(trained(1, 0), trained(1, 2)), { code: 'ERR_UNEXPECTED_FRAME', producer: 'layer-2' });
  await t.rejects(reportsFrom(scored(1, 1)), { code: 'ERR_UNEXPECTED_FRAME' });
});

await t.test('a report with a figure that is no number does not leave the stage', async (t) => {
  const reports: EvaluatorReport[] = [];
  const services = {
    report: (report: EvaluatorReport) => void reports.push(report),
    storeSnapshot: async () => undefined,
    storeLook: async () => undefined,
  };
  const role = new EvaluatorRole(SHORT, services);
  t.intercept(performance, 'now', { value: () => NaN });
  const frames = [trained(1, 0), barrier({ type: 'epoch-end', epoch: 1, batches: 1 })];
  const evaluation = [barrier({ type: 'evaluate', epoch: 1 }), scored(1, 1), barrier({ type: 'evaluated', epoch: 1 })];
  await t.rejects(collect(role.transform(streamOf(...frames, ...evaluation))), {
    name: 'ReportError',
    code: 'ERR_REPORT',
    message: /^The evaluator's training report is wrong at trainSeconds: /,
  });
  t.same(reports, []);
});
