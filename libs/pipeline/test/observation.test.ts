import type { EvaluatorReport, GoodnessSummary, LayerObservation } from '@layerline/api';
import { binOf, rangeOf } from '@layerline/api';
import { allUnits, pairLoss } from '@layerline/forward-forward';
import { findBlock } from '@layerline/protocol';
import type { Block, Frame } from '@layerline/protocol';
import t from 'tap';
import type { Test } from 'tap';
import { openBackend } from '../src/index.js';
import { LayerObserver } from '../src/observation/layer-observer.js';
import type { ObserverState } from '../src/observation/layer-observer.js';
import { readObserved } from '../src/carried-blocks.js';
import { observationOf, toBlocks } from '../src/observation/observed-blocks.js';
import { pictures } from './support/data.js';
import { overTheWire, planOf, reportsOf, train, trainOn } from './support/run.js';

/** Ten batches an epoch, observed after the 4th, the 8th and the last; a snapshot after every 5th. */
const DATA = pictures(200, 30);
const CONFIG = { batch: 20, epochs: 2, observeEvery: 4, snapshotEvery: 5, layers: [130, 70] };
const PLAN = planOf(CONFIG, DATA.train.count);

type Observation = Extract<EvaluatorReport, { type: 'observation' }>;

/** What the clock has no part in. */
const timeless = (reports: readonly EvaluatorReport[]): Omit<Observation, 'trainSeconds'>[] =>
  reportsOf(reports, 'observation').map(({ trainSeconds: _, ...rest }) => rest);

await t.test('an observation is what goodness says of the rows since the last one', async (t) => {
  /** Goodness of both kinds by layer, since the last observation. */
  let rows = PLAN.layers.map(() => ({ positive: [] as number[], negative: [] as number[] }));
  const expected: (typeof rows)[] = [];
  const seen = new Set<string>();
  const between = (frame: Frame): Frame => {
    // The last layer's frames have the goodness of all layers.
    if (frame.kind === 'rows' && frame.purpose === 'train' && findBlock(frame, 'goodness/layer-2', 'f32')) {
      for (const [index, kinds] of rows.entries()) {
        const goodness = findBlock(frame, `goodness/layer-${index + 1}`, 'f32')?.data ?? new Float32Array();
        kinds.positive.push(...goodness.subarray(0, CONFIG.batch));
        kinds.negative.push(...goodness.subarray(CONFIG.batch));
      }
    }
    if (frame.kind === 'barrier' && frame.order.type === 'observe') {
      const at = `${frame.order.step} ${frame.blocks?.length ?? 0}`;
      if (frame.blocks?.length === 6 && !seen.has(at)) {
        expected.push(rows);
        rows = PLAN.layers.map(() => ({ positive: [], negative: [] }));
      }
      seen.add(at);
    }
    return overTheWire(frame);
  };
  const trained = await train(PLAN, DATA, between);
  const observations = reportsOf(trained.reports, 'observation');
  t.same(
    observations.map(({ step, epoch }) => [step, epoch]),
    [4, 8, 10, 14, 18, 20].map((step) => [step, step > 10 ? 2 : 1]),
  );
  for (const [at, { step, layers }] of observations.entries()) {
    for (const [index, found] of layers.entries()) {
      const spec = PLAN.layers[index];
      const { positive = [], negative = [] } = expected[at]?.[index] ?? {};
      if (found === null || spec === undefined) throw new Error('a layer is missing');
      const what = `step ${step}, layer ${index + 1}`;
      sameSummary(t, found.positive, positive, `${what}, positive rows`);
      sameSummary(t, found.negative, negative, `${what}, negative rows`);
      const pairs = positive.map((value, pair) => [value, negative[pair] as number] as const);
      const separated = pairs.filter(([a, b]) => a > b).length;
      t.equal(found.separation, separated / pairs.length, `${what}: separation`);
      const loss = pairs.reduce((sum, [a, b]) => sum + pairLoss(spec.objective, a, b), 0) / pairs.length;
      t.ok(Math.abs(found.loss - loss) < 1e-12 * Math.abs(loss) + 1e-12, `${what}: loss ${found.loss}`);
      const above = negative.reduce(
        (sum, one) => sum + positive.filter((other) => binOf(one) > binOf(other)).length,
        0,
      );
      const level = negative.reduce((sum, one) => sum + positive.filter((o) => binOf(one) === binOf(o)).length, 0);
      const exact = (above + level / 2) / (positive.length * negative.length);
      t.ok(Math.abs(found.pairwiseError - exact) < 1e-12, `${what}: pairwise error ${found.pairwiseError}`);
    }
  }
  const last = observations.at(-1)?.layers ?? [];
  for (const [index, { tensors }] of trained.parts.entries()) {
    const weights = tensors.find(({ name }) => name === 'weights')?.data ?? new Float32Array();
    const norm = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0));
    const { weightNorm = NaN, updateNorm = NaN, learningRate = NaN } = last[index] ?? {};
    t.ok(Math.abs(weightNorm / norm - 1) < 1e-12, `layer ${index + 1}: weights of norm ${weightNorm}`);
    t.ok(updateNorm > 0 && updateNorm < weightNorm, `layer ${index + 1}: an update of norm ${updateNorm}`);
    // Adam's steps are at most about as large as its rate.
    t.ok(updateNorm <= 1.1 * learningRate * Math.sqrt(weights.length), `layer ${index + 1}: a rate of ${learningRate}`);
  }
});

await t.test('observing changes no number, and a run that goes on observes what an unbroken one does', async (t) => {
  const whole = await train(PLAN, DATA);
  const unobserved = await train(planOf({ ...CONFIG, observeEvery: 0 }, DATA.train.count), DATA);
  t.equal(unobserved.weightsSha256, whole.weightsSha256);
  t.same(timeless(unobserved.reports), []);
  for (const [step, parts] of whole.snapshots) {
    const engine = await openBackend(PLAN.engine.backend, PLAN.engine);
    const resumed = await trainOn(engine, PLAN, DATA, undefined, { step, parts });
    const left = timeless(whole.reports).filter((observation) => observation.step > step);
    t.same(timeless(resumed.reports), left, `from step ${step}`);
  }
});

await t.test('silent units are those without an activation in any row of the last ten batches', (t) => {
  const [spec] = planOf({ layers: [200] }, 100).layers;
  if (spec === undefined) throw new Error('there is no layer');
  const observer = new LayerObserver(spec, allUnits(spec));
  const weights = new Float32Array(spec.units * spec.inputs);
  /** Two rows, in which these units are active, each in one of them. */
  const rows = (...active: number[]): Float32Array => {
    const activations = new Float32Array(2 * spec.units);
    for (const unit of active) activations[(unit % 2) * spec.units + unit] = 1e-30;
    return activations;
  };
  const silent = (step: number): number[] => observer.take(step, weights).units.map((block) => block.silent);
  observer.addActivity(1, rows(...Array.from({ length: 200 }, (_, unit) => unit)));
  t.same(silent(1), [0, 0], 'two blocks of 100 units');
  observer.addActivity(2, rows(3, 150));
  t.same(silent(10), [0, 0], 'the first batch still counts');
  t.same(silent(11), [99, 99]);
  observer.addActivity(12, rows(7));
  t.same(silent(12), [99 - 1 + 1, 100], 'the second batch is the eleventh before');
  const kept = JSON.parse(JSON.stringify(observer.state)) as ObserverState;
  const again = new LayerObserver(spec, allUnits(spec), { ...kept, step: 12, quiet: observer.quietBatches(12) });
  t.same(
    again.take(12, weights).units.map((block) => block.silent),
    [99, 100],
    'as a snapshot keeps it',
  );
  t.end();
});

await t.test('an observation that makes no sense is refused', (t) => {
  const plan = planOf({ layers: [70] }, 100);
  const [spec] = plan.layers;
  if (spec === undefined) throw new Error('there is no layer');
  const observer = new LayerObserver(spec, allUnits(spec));
  const weights = new Float32Array(spec.units * spec.inputs).fill(2);
  observer.addGoodness(Float32Array.of(3, 1, 0, 2), 2);
  const blocks = toBlocks(0, observer.take(1, weights));
  const read = (blocks: readonly Block[]): LayerObservation[] => {
    const barrier = { kind: 'barrier', order: { type: 'observe', step: 1 }, blocks } as const;
    return readObserved(barrier, plan, 1, 'layer-1').map(observationOf);
  };
  const [sound] = read(blocks) as [LayerObservation];
  t.equal(sound.positive.mean, 2);
  t.equal(sound.negative.deviation, 1);
  t.equal(sound.separation, 0.5);
  t.equal(sound.weightNorm, 2 * Math.sqrt(weights.length));
  const refused = { name: 'ProtocolError', code: 'ERR_PROTOCOL' };
  t.throws(() => read(blocks.slice(1)), { ...refused, message: /^layer-1 sent no observed-rows\/layer-1, where / });
  const other = blocks.map((block) => ({ ...block, name: block.name.replace('layer-1', 'layer-2') }));
  t.throws(() => read([...blocks, ...other]), {
    ...refused,
    message: 'layer-1 sent a block observed-rows/layer-2, which the plan does not have',
  });
  const empty = toBlocks(0, observer.take(2, weights));
  t.throws(() => read(empty), { ...refused, message: /over no rows$/ });
  const [first, ...others] = blocks;
  const wrong = { name: 'observed-rows/layer-1', type: 'f64', shape: first?.shape ?? [0, 0] } as const;
  const data = Float64Array.from(first?.data ?? []).fill(NaN, 1, 2);
  t.throws(() => read([{ ...wrong, data }, ...others]), { ...refused, message: /without a sound observed-rows/ });
  t.end();
});

function sameSummary(t: Test, found: GoodnessSummary, values: readonly number[], what: string): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  t.equal(found.count, values.length, `${what}: count`);
  t.ok(Math.abs(found.mean - mean) <= 1e-12 * mean, `${what}: mean ${found.mean}`);
  t.ok(Math.abs(found.deviation - deviation) <= 1e-6 * mean, `${what}: deviation ${found.deviation}`);
  t.equal(
    found.histogram.counts.reduce((sum, count) => sum + count, 0),
    values.length,
    `${what}: histogram`,
  );
  const sorted = [...values].sort((a, b) => a - b);
  for (const [tenth, decile] of found.deciles.entries()) {
    const exact = sorted[Math.ceil(((tenth + 1) / 10) * values.length) - 1] as number;
    const [low, high] = rangeOf(binOf(exact));
    t.ok(decile >= low && decile <= high, `${what}: decile ${tenth + 1}: ${decile} for ${exact}`);
  }
}
