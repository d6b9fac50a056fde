import type { BarrierOrder, Frame, Rows } from '@layerline/protocol';
import type { PartialRunConfig, Plan } from '@layerline/plan';
import t from 'tap';
import { ExpectedStream } from '../src/expected-stream.js';
import { FeederRole } from '../src/index.js';
import { numberedRows } from './support/data.js';
import { planOf } from './support/run.js';

const TRAIN_ROWS = 15;
/** One image of the test set goes into a frame of an evaluation. */
const TEST_ROWS = 7;
const DATA = numberedRows(TRAIN_ROWS, TEST_ROWS);
const storeSnapshot = async (): Promise<void> => undefined;

/** Three batches an epoch, an evaluation after the second and the fourth, a snapshot every two batches. */
function plan(config: PartialRunConfig = {}): Plan {
  return {
    ...planOf({ batch: 5, epochs: 4, evalEvery: 2, snapshotEvery: 2, ...config }, TRAIN_ROWS),
    testRows: TEST_ROWS,
  };
}

/** What the feeder sends. @param stopAfter so many frames: then it is told to stop */
async function streamFrom(of: Plan, step = 0, stopAfter = Infinity): Promise<Frame[]> {
  const feeder = new FeederRole(of, DATA, { storeSnapshot }, { step });
  if (stopAfter === 0) feeder.handle({ type: 'stop' });
  const frames: Frame[] = [];
  for await (const frame of feeder.transform()) {
    frames.push(frame);
    if (frame.kind === 'barrier' && frame.order.type === 'snapshot') {
      feeder.handle({ type: 'snapshot-settled', step: frame.order.step });
    }
    if (frames.length === stopAfter) feeder.handle({ type: 'stop' });
  }
  return frames;
}

/** What is wrong with a stream, or undefined. */
function wrongWith(frames: readonly Frame[], of: Plan, step = 0): string | undefined {
  const expected = new ExpectedStream(of, step, 'layer-1');
  try {
    for (const frame of frames) expected.accept(frame);
    return undefined;
  } catch (error) {
    t.match(error, { name: 'UnexpectedFrameError', code: 'ERR_UNEXPECTED_FRAME', producer: 'layer-1' });
    return (error as Error).message;
  }
}

const isOrder = (frame: Frame | undefined, type: BarrierOrder['type']): boolean =>
  frame?.kind === 'barrier' && frame.order.type === type;

await t.test('what the feeder sends is expected, wherever it goes on from and whenever it is stopped', async (t) => {
  for (const config of [{}, { evalEvery: 0 }, { evalEvery: 1, snapshotEvery: 0 }, { negatives: 'hybrid' }] as const) {
    const of = plan(config.negatives === undefined ? config : { ...config, objective: 'threshold' });
    for (let step = 0; step <= 12; step++) {
      const { length } = await streamFrom(of, step);
      for (let stopAfter = 0; stopAfter <= length; stopAfter++) {
        const frames = await streamFrom(of, step, stopAfter);
        const wrong = wrongWith(frames, of, step);
        if (wrong !== undefined) t.fail(`from ${step}, stopped after ${stopAfter}: ${wrong}`);
      }
    }
  }
  t.pass();
});

await t.test('a frame that is missing, doubled or in another place is noticed', async (t) => {
  const of = plan();
  const frames = await streamFrom(of);
  t.equal(
    frames.length,
    2 * 12 + 4 + 6 + 2 * 9 + 2,
    'batches and observations, ends of epochs, snapshots, evaluations, the end',
  );
  for (const [at, frame] of frames.entries()) {
    const what = frame.kind === 'rows' ? `${frame.purpose} ${frame.batch}` : frame.order.type;
    const [before, after] = [frames.slice(0, at), frames.slice(at + 1)];
    // One that is not passed on is whole nowhere; and a link misses its end.
    const isOptional = isOrder(frame, 'snapshot') || isOrder(frame, 'end');
    t.equal(wrongWith([...before, ...after], of) === undefined, isOptional, `${at}: without ${what}`);
    t.equal(
      wrongWith([...before, frame, frame, ...after], of) === undefined,
      isOrder(frame, 'snapshot'),
      `twice ${what}`,
    );
    const [next, ...rest] = after;
    if (next === undefined) continue;
    t.type(wrongWith([...before, next, frame, ...rest], of), 'string', `${at}: ${what} after the one after it`);
  }
});

await t.test('rows for a look may come after any batch, as many as an operator asks for', async (t) => {
  const of = plan();
  const frames = await streamFrom(of);
  const counts = { positive: 0, negative: 0, neutral: 10 };
  const look: Rows = {
    ...{ kind: 'rows', purpose: 'look', epoch: 1, batch: 2, ...counts, look: { id: 3, image: 4 }, blocks: [] },
  };
  const at = frames.findIndex((frame) => frame.kind === 'rows' && frame.batch === 2);
  const withLooks = (...looks: Rows[]): Frame[] => [...frames.slice(0, at), ...looks, ...frames.slice(at)];
  t.equal(wrongWith(withLooks(look, { ...look, look: { id: 4, image: 4 } }), of), undefined);
  for (const wrong of [{ batch: 1 }, { epoch: 2 }, { neutral: 20 }, { positive: 10, neutral: 0 }]) {
    t.match(wrongWith(withLooks({ ...look, ...wrong }), of), /^layer-1 sent look batch /, JSON.stringify(wrong));
  }
  t.match(
    wrongWith([{ ...look, batch: 0 }, ...frames], of),
    /^layer-1 sent look batch 1 of epoch 1 /,
    'not before any',
  );
});

await t.test('a stream that ends early may only have been stopped', async (t) => {
  const of = plan();
  const frames = await streamFrom(of, 0, 2);
  t.equal(wrongWith(frames, of), undefined);
  const completed: Frame = { kind: 'barrier', order: { type: 'end', outcome: 'completed' } };
  t.equal(
    wrongWith([...frames.slice(0, -1), completed], of),
    'layer-1 sent end (outcome completed), where end (outcome stopped) was due: a frame was lost, doubled or changed',
  );
  t.match(wrongWith([...frames.slice(0, 2), completed], of), /where .*train batch 2 of epoch 1.* was due/);
  const whole = await streamFrom(of);
  t.match(whole.at(-1), completed);
  t.match(wrongWith([...whole, completed], of), /where nothing more was due/);
});

await t.test('it is said what came and what was due', (t) => {
  const rows: Rows = {
    ...{ kind: 'rows', purpose: 'train', epoch: 1, batch: 0, positive: 5, negative: 5, neutral: 0, blocks: [] },
  };
  const cases: [Frame, RegExp][] = [
    [
      { ...rows, batch: 1 },
      /^layer-1 sent train batch 2 of epoch 1 \(5 \+ 5 \+ 0 rows\), where train batch 1 of epoch 1 /,
    ],
    [{ ...rows, epoch: 2 }, /sent train batch 1 of epoch 2 /],
    [
      { ...rows, positive: 4, negative: 4 },
      /sent train batch 1 of epoch 1 \(4 \+ 4 \+ 0 rows\), where .*\(5 \+ 5 \+ 0 rows\)/,
    ],
    [{ ...rows, negative: 4, neutral: 1 }, /\(5 \+ 4 \+ 1 rows\), where/],
    [{ ...rows, purpose: 'score', positive: 0, negative: 0, neutral: 10 }, /sent score batch 1 of epoch 1/],
    [{ kind: 'barrier', order: { type: 'snapshot', step: 1 } }, /sent snapshot \(step 1\), where/],
    [{ kind: 'barrier', order: { type: 'epoch-end', epoch: 1, batches: 3 } }, /sent epoch-end \(epoch 1, batches 3\)/],
    [{ kind: 'barrier', order: { type: 'evaluate', epoch: 1 } }, /sent evaluate \(epoch 1\)/],
  ];
  for (const [frame, message] of cases) t.match(wrongWith([frame], plan()), message);
  t.end();
});

await t.test('where test images are not counted, frames of an evaluation are full, but for the last one', (t) => {
  const { testRows: _, ...of } = plan({ epochs: 1 });
  const score = (batch: number, neutral: number): Rows => ({
    ...{ kind: 'rows', purpose: 'score', epoch: 1, batch, positive: 0, negative: 0, neutral, blocks: [] },
  });
  const order = (order: BarrierOrder): Frame => ({ kind: 'barrier', order });
  const evaluated = (...rows: Rows[]): string | undefined =>
    wrongWith(
      [
        order({ type: 'epoch-end', epoch: 1, batches: 3 }),
        order({ type: 'evaluate', epoch: 1 }),
        ...rows,
        order({ type: 'evaluated', epoch: 1 }),
      ],
      of,
      3,
    );
  t.equal(evaluated(score(0, 10)), undefined);
  t.equal(evaluated(score(0, 10), score(1, 10)), undefined);
  t.type(evaluated(), 'string', 'none at all');
  t.type(evaluated(score(1, 10)), 'string', 'the first is missing');
  t.type(evaluated(score(0, 20)), 'string', 'more than there is room for');
  t.type(evaluated(score(0, 9)), 'string', 'not all labels of an image');
  t.type(evaluated(score(0, 0)), 'string', 'no rows');
  const { testRows: _test, ...wide } = plan({ epochs: 1, batch: 15 });
  const cut = (...rows: Rows[]): string | undefined =>
    wrongWith(
      [order({ type: 'epoch-end', epoch: 1, batches: 1 }), order({ type: 'evaluate', epoch: 1 }), ...rows],
      wide,
      1,
    );
  t.equal(
    cut(score(0, 30), score(1, 10), { kind: 'barrier', order: { type: 'evaluated', epoch: 1 } } as never),
    undefined,
  );
  t.match(cut(score(0, 10), score(1, 30)), /where evaluated \(epoch 1\) or store-model was due/);
  t.end();
});
