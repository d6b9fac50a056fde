import type { EvaluatorReport } from '@layerline/api';
import { evaluatorReport } from '@layerline/api';
import { CLASSES } from '@layerline/datasets';
import type { BarrierOrder, Block, Frame, Rows } from '@layerline/protocol';
import t from 'tap';
import { EvaluatorRole } from '../src/index.js';
import { collect, planOf, reportsOf, streamOf } from './support/run.js';

const PROTOCOL_ERROR = { name: 'ProtocolError', code: 'ERR_PROTOCOL' };
/** Forty batches an epoch, so that every second one brings a report. */
const PLAN = planOf({ layers: [4, 4], batch: 2, epochs: 2 }, 80);

const barrier = (order: BarrierOrder): Frame => ({ kind: 'barrier', order });

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
function scored(label: number, guess: number): Rows {
  const levels = Float32Array.from({ length: CLASSES }, (_, row) => Number(row === guess));
  const labels: Block = { name: 'labels', type: 'u8', shape: [1, 1], data: Uint8Array.of(label) };
  const blocks = [labels, ...goodness(levels, levels)];
  return { kind: 'rows', purpose: 'score', epoch: 1, batch: 0, positive: 0, negative: 0, neutral: CLASSES, blocks };
}

function goodness(...layers: Float32Array[]): Block[] {
  return layers.map((data, index) => ({
    name: `goodness/layer-${index + 1}`,
    type: 'f32',
    shape: [data.length, 1],
    data,
  }));
}

async function reportsFrom(...frames: readonly Frame[]): Promise<EvaluatorReport[]> {
  const reports: EvaluatorReport[] = [];
  const role = new EvaluatorRole(PLAN, {
    report: (report) => void reports.push(evaluatorReport.parse(report)),
    storeSnapshot: async () => undefined,
  });
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
  const cut = [trained(1, 0), trained(1, 1), trained(1, 2), barrier({ type: 'epoch-end', epoch: 1, batches: 3 })];
  const lone: Rows = { ...trained(2, 0), blocks: goodness(Float32Array.of(5, 5, 6, 4), Float32Array.of(1, 1, 1, 1)) };
  const next = [lone, trained(2, 1), barrier({ type: 'epoch-end', epoch: 2, batches: 2 })];
  const training = reportsOf(await reportsFrom(...cut, ...next), 'training');
  t.same(
    training.map(({ scope, epoch, batch, images, layers }) => [scope, epoch, batch, images, layers[0]]),
    [
      ['interval', 1, 2, 4, { positive: 3, negative: 1, separation: 1 }],
      ['epoch', 1, 3, 6, { positive: 3, negative: 1, separation: 1 }],
      ['interval', 2, 2, 10, { positive: 4, negative: 3, separation: 0.75 }],
      ['epoch', 2, 2, 10, { positive: 4, negative: 3, separation: 0.75 }],
    ],
  );
});

await t.test('an evaluation gives the errors of its images', async (t) => {
  const evaluation = (epoch: number, ...images: Rows[]): Frame[] => [
    barrier({ type: 'evaluate', epoch }),
    ...images,
    barrier({ type: 'evaluated', epoch }),
  ];
  const first = evaluation(1, scored(3, 3), scored(4, 4), scored(5, 6), scored(9, 9));
  const reports = reportsOf(await reportsFrom(...first, ...evaluation(2, scored(1, 2), scored(2, 2))), 'evaluation');
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
        [1000, barrier({ type: 'epoch-end', epoch: 1, batches: 40 })],
        [0, barrier({ type: 'evaluate', epoch: 1 })],
        [700, scored(1, 1)],
        [0, barrier({ type: 'evaluated', epoch: 1 })],
        [400, trained(2, 0)],
        [0, barrier({ type: 'epoch-end', epoch: 2, batches: 1 })],
        [0, barrier({ type: 'evaluate', epoch: 2 })],
        [50, scored(1, 1)],
        [0, barrier({ type: 'evaluated', epoch: 2 })],
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
    };
    await collect(new EvaluatorRole(PLAN, services).transform(frames()));
    // From the first frame's departure to the last one's arrival 5.1 seconds, of which 0.7 went into an evaluation.
    const totals = { epochs: 1, images: 4, trainSeconds: 4.4, evalSeconds: 0.75 };
    t.same(reports.at(-1), { type: 'end', outcome: 'stopped', ...totals });
    t.same(
      reportsOf(reports, 'evaluation').map(({ seconds, trainSeconds }) => [seconds, trainSeconds]),
      [
        [0.7, 3],
        [0.05, 4.4],
      ],
      'each evaluation says how long training had taken until then',
    );
    const [nothing] = reportsOf(await reportsFrom(barrier({ type: 'end', outcome: 'stopped' })), 'end');
    t.same(nothing, { type: 'end', outcome: 'stopped', epochs: 0, images: 0, trainSeconds: 0, evalSeconds: 0 });
  },
);

await t.test('malformed frames are refused', async (t) => {
  const begin = barrier({ type: 'evaluate', epoch: 1 });
  const wrong: Record<string, Frame[]> = {
    'score rows outside of an evaluation': [scored(1, 1)],
    'the end of an evaluation that never began': [barrier({ type: 'evaluated', epoch: 1 })],
    'training rows without goodness': [{ ...trained(1, 0), blocks: [] }],
    'training rows without the goodness of the last layer': [
      { ...trained(1, 0), blocks: trained(1, 0).blocks.slice(0, 1) },
    ],
    'goodness of fewer rows': [{ ...trained(1, 0), negative: 3 }],
    'score rows without labels': [begin, { ...scored(1, 1), blocks: scored(1, 1).blocks.slice(1) }],
    'fewer score rows than labels take': [
      begin,
      {
        ...scored(1, 1),
        neutral: 9,
        blocks: [...scored(1, 1).blocks.slice(0, 1), ...goodness(new Float32Array(9), new Float32Array(9))],
      },
    ],
  };
  for (const [name, frames] of Object.entries(wrong)) await t.rejects(reportsFrom(...frames), PROTOCOL_ERROR, name);
});
