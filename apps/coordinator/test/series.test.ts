import { truncateSync, statSync } from 'node:fs';
import { evaluationsAnswer, LAYER_MEASURES, observationsAnswer, seriesAnswer, seriesQuery } from '@layerline/api';
import t from 'tap';
import { csvOf, evaluationsOf, observationsOf, seriesOf } from '../src/record/series.js';
import { BEGAN, evaluation, indexOf, measured, observation, timeAt } from './support/metrics.js';

const STEPS = Array.from({ length: 30 }, (_, index) => 2 * index + 2);
const OBSERVED = STEPS.map((step) => observation(step));
const EVALUATED = [10, 20, 30].map((step) => evaluation(step, 1 / step));
const WHOLE_RUN = { from: 0, most: 100 };

const query = (names: string, rest: object = {}) => seriesQuery.parse({ names, ...rest });

t.test('every measure of every layer is a series, and so are the errors', async (t) => {
  const index = await indexOf(t, [...OBSERVED, ...EVALUATED]);
  const ofLayer = (layer: number) =>
    [...LAYER_MEASURES.map(({ name }) => name), 'test-error'].map((name) => `layer-${layer}/${name}`);
  t.same([...index.names].sort(), ['test-error', 'validation-error', ...ofLayer(1), ...ofLayer(2)].sort());
  const { series } = seriesAnswer.parse(await seriesOf(index, query(index.names.join(','))));
  const of = (name: string) => series.find((other) => other.name === name);
  for (const { name } of LAYER_MEASURES) {
    for (const layer of [0, 1]) {
      const found = of(`layer-${layer + 1}/${name}`);
      t.same(found?.step, STEPS);
      t.same(
        found?.last,
        OBSERVED.map((event) => measured(event, name, layer)),
        name,
      );
    }
  }
  t.same(of('test-error')?.last, [0.1, 0.05, 1 / 30]);
  t.same(of('validation-error')?.step, [], 'where no rows are held out');
  t.same(of('layer-2/test-error')?.last, [0.025, 0.0125, 1 / 120]);
  t.same(of('test-error')?.at, [10, 20, 30].map(timeAt));
  t.same(of('test-error')?.trainSeconds, [1.25, 2.5, 3.75]);
});

t.test('the error of rows that are held out is a series of its own', async (t) => {
  const index = await indexOf(
    t,
    EVALUATED.map((event) => ({ ...event, validationError: 0.25 })),
  );
  const { series } = await seriesOf(index, query('validation-error'));
  t.same(series[0]?.last, [0.25, 0.25, 0.25]);
});

t.test('a program in the place of a layer has no points, nor has a layer of another run', async (t) => {
  const index = await indexOf(t, [observation(1, 1, true), observation(2, 2, true)]);
  const { series } = await seriesOf(index, query('layer-1/loss,layer-2/loss,layer-7/loss'));
  t.same(
    series.map(({ step }) => step),
    [[1, 2], [], []],
  );
  await t.rejects(seriesOf(index, query('layer-1/los')), {
    code: 'ERR_UNKNOWN_SERIES',
    message:
      /^names: there is no series layer-1\/los, but test-error, validation-error, layer-N\/test-error, layer-N\/positive-goodness, /,
  });
});

t.test('what a rewind cuts off is forgotten, and no step comes twice', async (t) => {
  const index = await indexOf(t, [...OBSERVED, ...EVALUATED]);
  const whole = await indexOf(t, OBSERVED.slice(0, 12));
  const size = statSync(whole.path).size;
  truncateSync(index.path, size);
  index.cut(size);
  index.add(observation(24, 500), size);
  index.add(observation(26, 501), size + 1000);
  const { series } = await seriesOf(index, query('layer-1/weight-norm,test-error'));
  t.same(series[0]?.step, STEPS.slice(0, 13));
  t.same(series[0]?.last.slice(-3), [22 + 7, 507, 508], 'the later of two at a step counts');
  t.same(series[1]?.step, []);
  t.equal(await index.lastEvaluation(), undefined);
});

t.test('the table has every point of the file', async (t) => {
  const index = await indexOf(t, [...OBSERVED, ...EVALUATED]);
  let table = '';
  for await (const piece of csvOf(index, 'layer-2/loss,test-error')) table += piece;
  const iso = (step: number): string => new Date(timeAt(step)).toISOString();
  t.equal(
    table,
    [
      'series,step,at,train_seconds,value',
      ...OBSERVED.map(
        (event) => `layer-2/loss,${event.step},${event.at},${event.trainSeconds},${event.layers[1]?.loss}`,
      ),
      ...EVALUATED.map(({ step = 0, testError }) => `test-error,${step},${iso(step)},${step / 8},${testError}`),
      '',
    ].join('\n'),
  );
  let lines = 0;
  for await (const piece of csvOf(index, undefined)) lines += piece.split('\n').length - 1;
  t.equal(lines, 1 + 2 * LAYER_MEASURES.length * OBSERVED.length + 3 * EVALUATED.length);
  t.throws(() => csvOf(index, 'nothing'), { code: 'ERR_UNKNOWN_SERIES' });
});

t.test('whole observations are spread over the stretch, the last among them', async (t) => {
  const index = await indexOf(t, [...OBSERVED, ...EVALUATED]);
  const all = observationsAnswer.parse(await observationsOf(index, WHOLE_RUN));
  t.strictSame(all.observations, OBSERVED);
  const some = await observationsOf(index, { from: 10, to: 41, most: 4 });
  t.same(
    some.observations.map(({ step }) => step),
    [16, 24, 32, 40],
  );
  t.same((await observationsOf(index, { from: 0, most: 1 })).observations, OBSERVED.slice(-1));
});

t.test('of evaluations, only the last shows its worst images', async (t) => {
  const index = await indexOf(t, [...OBSERVED, ...EVALUATED]);
  const { evaluations } = evaluationsAnswer.parse(await evaluationsOf(index, WHOLE_RUN));
  const without = EVALUATED.map(({ worst: _, ...rest }) => rest);
  t.strictSame(evaluations, [...without.slice(0, -1), EVALUATED[2]]);
  t.match(await index.lastEvaluation(), { testError: 1 / 30, perLayerError: [1 / 60, 1 / 120] });
});

t.test('a run of a version that had neither ids nor observations has series too', async (t) => {
  const layers = [{ positive: 2, negative: 1, separation: 0.75 }, null];
  const training = (scope: string, batch: number, positive: number): object => ({
    ...{ type: 'training', scope, epoch: 1, batch, images: 50 * batch, trainSeconds: batch / 2 },
    layers: [{ ...layers[0], positive }, null],
  });
  const lines = [
    training('interval', 5, 2),
    training('interval', 10, 3),
    training('epoch', 10, 9),
    { type: 'evaluation', epoch: 1, testError: 0.5, perLayerError: [0.5, null], seconds: 1, trainSeconds: 5 },
    training('interval', 15, 4),
  ];
  const index = await indexOf(t, lines);
  const { series } = await seriesOf(
    index,
    query('layer-1/positive-goodness,layer-1/separation,layer-2/separation,layer-1/loss,test-error'),
  );
  t.same(
    series.map(({ step }) => step),
    [[5, 10, 15], [5, 10, 15], [], [], [10]],
  );
  t.same(series[0]?.last, [2, 3, 4]);
  t.same(
    series[0]?.at,
    [2500, 5000, 7500].map((time) => BEGAN + time),
  );
  const { evaluations } = evaluationsAnswer.parse(await evaluationsOf(index, WHOLE_RUN));
  t.match(evaluations, [{ id: '0.0.0', at: '2026-01-31T12:00:05.000Z', step: 10, testError: 0.5 }]);
});
