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
  const { seconds, trainSeconds, ...evaluation } = await evaluateModel(PLAN, DATA, await open(), trained.parts);
  const { seconds: _, trainSeconds: before, ...last } = reportsOf(trained.reports, 'evaluation').at(-1) ?? {};
  t.same(evaluation, last);
  t.ok(seconds >= 0);
  t.equal(trainSeconds, 0);
  t.ok((before ?? 0) > 0, 'there, training came before it');
  t.ok(evaluation.testError < 0.8 && evaluation.testError > 0, `a test error of ${evaluation.testError}`);
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
