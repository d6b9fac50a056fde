import { hardLabel } from '@layerline/forward-forward';
import { randomKey } from '@layerline/ops';
import type { Frame } from '@layerline/protocol';
import t from 'tap';
import { HardNegatives, weightsOf } from '../src/hard-negatives.js';
import { FeederRole } from '../src/index.js';
import { pictures } from './support/data.js';
import { planOf, streamOf } from './support/run.js';

const PLAN = { ...planOf({ negatives: 'hard', batch: 5 }, 5), trainRows: 5 };
const LABELS = Uint8Array.of(0, 1, 2, 3, 9);

/** The scores of some images, as the evaluator sends them: label `2` is the likeliest by far. */
function answer(batch: number, images: number): Frame {
  const data = Float32Array.from({ length: images * 10 }, (_, at) => (at % 10 === 2 ? 5 : 0.1 * (at % 10)));
  const head = {
    kind: 'rows',
    purpose: 'rank',
    epoch: 3,
    batch,
    positive: 0,
    negative: 0,
    neutral: images * 10,
  } as const;
  return { ...head, blocks: [{ name: 'scores', type: 'f32', shape: [images, 10], data }] };
}

const END: Frame = { kind: 'barrier', order: { type: 'end', outcome: 'stopped' } };

t.test('weights go by scores, and never to the true label', (t) => {
  const weights = weightsOf(Float32Array.of(0, Math.log(4), 3, 1, 1, 1), Uint8Array.of(2, 0), 3, 1);
  t.same([...weights], [64, 255, 0, 0, 255, 255]);
  t.end();
});

t.test('labels are drawn as often as weights say, the same ones again', (t) => {
  const key = randomKey(4);
  const weights = Uint8Array.of(255, 0, 85, 255);
  const counts = [0, 0, 0, 0];
  for (let row = 0; row < 4000; row++) {
    const label = hardLabel(key, 2, row, 3, weights);
    t.equal(label, hardLabel(key, 2, row, 3, weights));
    counts[label] = (counts[label] ?? 0) + 1;
  }
  t.same([counts[1], counts[3]], [0, 0], 'neither one of weight 0 nor the true one');
  t.ok(Math.abs((counts[0] ?? 0) / 4000 - 0.75) < 0.03, `${counts[0]} of 4000 where 3000 are expected`);
  t.end();
});

await t.test('all answers make the weights, which a snapshot keeps', async (t) => {
  const hard = new HardNegatives(PLAN, LABELS);
  t.equal(hard.weights, undefined);
  t.same(hard.state, {});
  const answers = streamOf(answer(0, 2), answer(1, 2), answer(2, 1));
  t.equal(await hard.take(answers), true);
  const { weights = new Uint8Array() } = hard;
  t.equal(weights.length, 50);
  t.equal(weights[2], 255, 'the likeliest wrong label');
  t.equal(weights[22], 0, 'which is the true one of the third row');
  t.same(new HardNegatives(PLAN, LABELS, hard.state).weights, weights);
});

await t.test('answers that end, or are others than those that are due', async (t) => {
  const take = (...frames: readonly Frame[]): Promise<boolean> =>
    new HardNegatives(PLAN, LABELS).take(streamOf(...frames));
  t.equal(await take(answer(0, 2), END), false);
  t.equal(await take(), false);
  await t.rejects(take(answer(1, 2)), /scores of ranked batch 1/);
  await t.rejects(take(answer(0, 2), answer(1, 2), answer(2, 2)), /ranked batch 3 that make no sense/);
  const odd = answer(0, 2);
  if (odd.kind === 'rows') await t.rejects(take({ ...odd, blocks: [] }), /no scores/);
});

await t.test('a feeder that is told to leave while it waits for answers goes without complaint', async (t) => {
  const plan = {
    ...planOf({ negatives: 'hard', hardEvery: 1, batch: 20, epochs: 2, evalEvery: 0 }, 40),
    trainRows: 40,
  };
  let answer: () => void = () => undefined;
  const cut = new Promise<void>((resolve) => (answer = resolve));
  const feeder = new FeederRole(plan, pictures(40, 10), { storeSnapshot: async () => undefined });
  const answers = (async function* (): AsyncGenerator<Frame> {
    await cut;
  })();
  const seen: string[] = [];
  for await (const frame of feeder.transform(answers)) {
    const what = frame.kind === 'rows' ? frame.purpose : frame.order.type;
    seen.push(what);
    // All rows that are ranked are out, and no answer has come when the links go.
    if (what !== 'rank' || seen.filter((each) => each === 'rank').length < 10) continue;
    feeder.handle({ type: 'stop' });
    answer();
  }
  t.ok(seen.includes('rank'));
  t.same(seen.slice(-2), ['store-model', 'end']);
});
