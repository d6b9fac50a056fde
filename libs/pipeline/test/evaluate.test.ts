import type { ModelPart } from '@layerline/checkpoint';
import t from 'tap';
import { evaluateModel, openBackend } from '../src/index.js';
import { pictures } from './support/data.js';
import { planOf, reportsOf, train } from './support/run.js';

const DATA = pictures(200, 43);
const PLAN = planOf({ layers: [40, 30], epochs: 1, learningRate: 0.001 }, DATA.train.count);
const trained = await train(PLAN, DATA);

const open = () => openBackend(PLAN.engine.backend, PLAN.engine);

await t.test('a model is worth what its training said at the end', async (t) => {
  const { seconds, ...evaluation } = await evaluateModel(PLAN, DATA, await open(), trained.parts);
  const { testError, perLayerError } = reportsOf(trained.reports, 'evaluation').at(-1) ?? {};
  t.same(evaluation, { testError, perLayerError, validationError: undefined });
  t.ok(seconds >= 0);
  t.ok(evaluation.testError < 0.8 && evaluation.testError > 0, `a test error of ${evaluation.testError}`);
});

await t.test('rows that are held out are judged apart, in the pipeline as by a model', async (t) => {
  const [validation, test] = [DATA.test, pictures(200, 31).test];
  const data = { ...PLAN.data, validation: validation.count };
  const held = await train({ ...PLAN, data }, { ...DATA, validation, test });
  t.equal(held.weightsSha256, trained.weightsSha256, 'and nothing is learned from them');
  const report = reportsOf(held.reports, 'evaluation').at(-1);
  const apart = reportsOf(trained.reports, 'evaluation').at(-1);
  t.equal(report?.validationError, apart?.testError);
  t.same(report?.perLayerValidationError, apart?.perLayerError);
  t.equal(
    report?.confusion?.flat().reduce((sum, count) => sum + count, 0),
    31,
    'the test set alone',
  );
  t.ok(report?.worst?.every(({ index }) => index < 31));
  const again = await evaluateModel({ ...PLAN, data }, { ...DATA, validation, test }, await open(), held.parts);
  t.match(again, { testError: report?.testError, validationError: report?.validationError });
});

await t.test('a model that does not have the layers of its plan is refused, and the engine closed', async (t) => {
  const [first, second] = trained.parts as [ModelPart, ModelPart];
  const [weights] = first.tensors;
  const wrong: [string, readonly ModelPart[], RegExp][] = [
    ['a layer too few', [first], /1 layers, .* 2/],
    ['layers in another order', [second, first], /layer-1 of the model has 30 × 40 weights.*40 × 784/],
    [
      'no biases',
      [{ ...first, tensors: weights === undefined ? [] : [weights] }, second],
      /layer-1 .* no biases.*1 × 40/,
    ],
  ];
  for (const [name, parts, message] of wrong) {
    const engine = await open();
    await t.rejects(
      evaluateModel(PLAN, DATA, engine, parts),
      { name: 'ConfigError', code: 'ERR_CONFIG', message },
      name,
    );
    t.throws(() => engine.tensor([1, 1]), { code: 'ERR_ENGINE' }, `${name}: closed`);
  }
});
