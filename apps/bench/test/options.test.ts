import t from 'tap';
import { readOptions } from '../src/options.js';
import { recipeOf } from '../src/work.js';

const RAW = { python: 'python3', out: 'results' } as const;

t.test('without options everything is measured; --quick asks for less, and single options still count', (t) => {
  const thorough = readOptions(RAW);
  t.equal(thorough.parts.join(' '), 'limit peers accuracy engines pipeline shards transport simulation watching');
  t.same(
    thorough.networks.map(({ layers }) => layers),
    [
      [500, 500],
      [1000, 1000, 1000],
      [2000, 2000, 2000, 2000],
    ],
  );
  t.same(thorough.optimizers, ['sgd', 'adam']);
  t.equal(thorough.images, 60000);
  const quick = readOptions({ ...RAW, quick: true, repeats: '7', only: 'pipeline, limit' });
  t.match(quick, { images: 20000, repeats: 7, parts: ['pipeline', 'limit'], python: 'python3', upgrade: false });
  t.match(thorough, { accuracyEpochs: 10, accuracyRepeats: 3, accuracyNetwork: { layers: [1000, 1000, 1000] } });
  const short = readOptions({ ...RAW, accuracyEpochs: '6', repeats: '1' });
  t.match(short, { accuracyEpochs: 6, accuracyRepeats: 1, repeats: 1 });
  t.equal(readOptions({ ...RAW, python: false }).python, undefined);
  t.end();
});

t.test('what cannot be meant is refused by name', (t) => {
  const cases = [
    [{ only: 'peer' }, 'only: "peer" is none of limit, peers, accuracy, engines, pipeline'],
    [{ optimizers: 'sgd,rmsprop' }, 'optimizers: "rmsprop" is none of sgd, adam'],
    [{ repeats: '0' }, 'repeats: "0" is no whole number above 0'],
    [{ accuracyEpochs: '0' }, 'accuracy-epochs: "0" is no whole number above 0'],
    [{ images: '1.5' }, 'images: "1.5" is no whole number above 0'],
    [{ pipelineLayers: '1,,2' }, 'pipeline-layers: "" is no whole number above 0'],
  ] as const;
  for (const [raw, message] of cases)
    t.throws(() => readOptions({ ...RAW, ...raw }), { code: 'ERR_BENCH_OPTION', message });
  t.end();
});

t.test('the recipe is the one that Layerline takes for the same names', (t) => {
  t.match(recipeOf('adam', 'silu'), { alpha: 6, rate: 0.003 });
  t.match(recipeOf('sgd', 'silu'), { alpha: 6, rate: 0.5, momentum: 0.9 });
  t.match(recipeOf('sgd', 'threshold'), { alpha: 6, rate: 0.1, threshold: 1 });
  t.end();
});
