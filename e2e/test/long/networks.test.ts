import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { json, layerline } from '../support/layerline.js';
import { writePictures } from '../support/own-data.js';

/** Picture folders of five classes, and a network that has learned from them. */
const CWD = t.testdir();
const CLASSES = ['ash', 'birch', 'cedar', 'date', 'elm'];
writePictures(join(CWD, 'trees'), CLASSES, 14, 40, 10);
const TRAINING = [
  'train',
  '--dataset',
  'trees',
  '--layers',
  '100,80',
  '--batch',
  '10',
  '--epochs',
  '6',
  '--eval-every',
  '0',
];
const { run, testAccuracy } = await json<{ readonly run: string; readonly testAccuracy: number }>(
  t,
  [...TRAINING, '--single-process', '--no-dashboard'],
  { cwd: CWD },
);

/** The lines of a command's standard output, as JSON. */
async function jsonLines<Line>(args: readonly string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await layerline(t, args, { cwd: CWD });
  t.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

interface Prediction {
  readonly file: string;
  readonly predicted: string;
  readonly classes: readonly {
    readonly label: string;
    readonly goodness: number;
    readonly byLayer: readonly number[];
  }[];
}

await t.test('predict says what the evaluation has counted', async (t) => {
  const folders = CLASSES.map((name) => join('trees', 'test', name));
  const predictions = await jsonLines<Prediction>(['predict', run, ...folders, '--json', '--top', '5']);
  t.equal(predictions.length, 50);
  const right = predictions.filter(({ file, predicted }) => file.includes(`/${predicted}/`)).length;
  t.equal(right / 50, testAccuracy);
  for (const { classes } of predictions.slice(0, 3)) {
    t.equal(classes.length, 5);
    const [first, second] = classes;
    t.ok((first?.goodness ?? 0) >= (second?.goodness ?? 0), 'the best first');
    t.equal(first?.goodness, (first?.byLayer[0] ?? 0) + (first?.byLayer[1] ?? 0), 'added up over all layers');
  }
  const { stdout } = await layerline(t, ['predict', run, join('trees', 'test', 'ash', '0.png')], { cwd: CWD });
  t.match(stdout, /^picture +class +goodness +layer-1 +layer-2\n.*0\.png +\w+ +\d/);
  writeFileSync(join(CWD, 'no.png'), 'no picture');
  const broken = await layerline(t, ['predict', run, 'no.png'], { cwd: CWD });
  t.match(broken, { code: 1, stderr: /^layerline: no.png: is no readable picture/ });
  t.match(await layerline(t, ['predict', run, 'nothing.png'], { cwd: CWD }), {
    code: 1,
    stderr: /nothing.png: there is no such/,
  });
});

await t.test('activations are written as arrays that others read, and as text', async (t) => {
  const args = ['activations', run, '--layer', '2', '--rows', '3..9', '--to', 'made'];
  t.equal((await layerline(t, args, { cwd: CWD })).code, 0);
  const npy = readFileSync(join(CWD, 'made', 'layer-2-activations.npy'));
  t.match(npy.subarray(0, 128).toString('latin1'), /NUMPY[^]*'descr': ?'<f4'[^]*'shape': ?\(7, ?80\)/);
  t.equal((await layerline(t, [...args, '--format', 'csv'], { cwd: CWD })).code, 0);
  const lines = readFileSync(join(CWD, 'made', 'layer-2-activations.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  const rows = lines.map((line) => line.split(',').map(Number));
  t.same([rows.length, rows[0]?.length], [7, 80]);
  for (const row of rows) {
    const meanSquare = row.reduce((sum, value) => sum + value * value, 0) / row.length;
    t.ok(Math.abs(meanSquare - 1) < 1e-4, `a mean square of ${meanSquare}`);
  }
  const numbers = new Float32Array(
    npy.buffer.slice(npy.byteOffset + npy.length - 7 * 80 * 4, npy.byteOffset + npy.length),
  );
  t.same([...numbers], rows.flat().map(Math.fround));
  t.match(await layerline(t, ['activations', run, '--rows', '9..3'], { cwd: CWD }), {
    code: 2,
    stderr: /rows: "9..3" is no range/,
  });
  const held = await layerline(t, ['activations', run, '--set', 'validation'], { cwd: CWD });
  t.match(held, { code: 1, stderr: /has no validation rows/ });
});

await t.test('summary counts what a network has', async (t) => {
  t.match(await json(t, ['summary', '--baseline'], { cwd: CWD }), { parameters: 101_770 });
  const quick = await json<{ parameters: number; layers: unknown[] }>(t, ['summary'], { cwd: CWD });
  t.equal(quick.parameters, 784 * 500 + 500 + 500 * 500 + 500);
  const own = await json<object>(t, ['summary', run], { cwd: CWD });
  t.match(own, {
    layers: [
      { inputs: 196, units: 100, parameters: 19_700 },
      { inputs: 100, units: 80 },
    ],
  });
});

await t.test('the baseline is the classifier of the notebook, and tells its loss every 200 steps', async (t) => {
  const args = ['baseline', '--dataset', 'digits', '--max-steps', '401'];
  const { code, stdout } = await layerline(t, args, { cwd: CWD });
  t.equal(code, 0);
  t.match(stdout, 'Backpropagation: 784-128-10, sgd at 0.01, batch 32, 401 steps');
  const losses = [...stdout.matchAll(/^Training loss \(for one batch\) at step (\d+): ([\d.]+)$/gm)];
  t.same(
    losses.map(([, step]) => step),
    ['0', '200', '400'],
  );
  t.ok(Number(losses[2]?.[2]) < Number(losses[0]?.[2]), 'it falls');
  t.match(stdout, 'Seen so far: 12,832 samples');
  const [onnx, tfjs] = await Promise.all(
    ['onnx', 'tfjs'].map((engine) =>
      json<{ loss: number; testAccuracy: number }>(t, [...args, '--engine', engine], { cwd: CWD }),
    ),
  );
  t.ok(Math.abs((onnx?.loss ?? 0) - (tfjs?.loss ?? 1)) < 1e-3, 'both engines compute the same');
  const deep = [
    'baseline',
    '--dataset',
    'digits',
    '--layers',
    '100,100',
    '--optimizer',
    'adam',
    '--learning-rate',
    '0.002',
  ];
  const trained = await json<{ testAccuracy: number }>(t, deep, { cwd: CWD });
  t.ok(trained.testAccuracy > 0.9, `an accuracy of ${trained.testAccuracy}`);
  t.match(await layerline(t, ['baseline', '--layers', 'wide'], { cwd: CWD }), { code: 2, stderr: /layers/ });
});

await t.test('compare says what sets runs apart', async (t) => {
  const short = ['--single-process', '--no-dashboard', '--eval-every', '1'];
  const tanh = await json<{ readonly run: string; readonly testError: number; readonly perLayerError: number[] }>(
    t,
    [...TRAINING, ...short, '--epochs', '2', '--activation', 'tanh', '--layers', '100'],
    { cwd: CWD },
  );
  const [compared] = await jsonLines<{
    readonly differing: readonly string[];
    readonly runs: readonly { run: string; evaluations: { epoch: number; testError: number }[] }[];
  }>(['compare', run, tanh.run, '--json']);
  t.same(compared?.differing.toSorted(), ['activation', 'epochs', 'evalEvery', 'layers']);
  t.same(
    compared?.runs.map((each) => [each.run, each.evaluations.map(({ epoch }) => epoch)]),
    [
      [run, [6]],
      [tanh.run, [1, 2]],
    ],
  );
  t.equal(compared?.runs[1]?.evaluations.at(-1)?.testError, tanh.testError);

  const { stdout } = await layerline(t, ['compare', run, tanh.run], { cwd: CWD });
  t.match(stdout, /^activation +relu +tanh$/m);
  t.match(stdout, /^layer-2 alone +\S+ %$/m, 'of the run that has a second layer');
  t.match(stdout, new RegExp(`^test error +\\S+ % +${(100 * tanh.testError).toFixed(2)} %$`, 'm'));
  t.equal((await layerline(t, ['compare', run, tanh.run, '--svg', 'errors.svg'], { cwd: CWD })).code, 0);
  const svg = readFileSync(join(CWD, 'errors.svg'), 'utf8');
  t.ok(svg.startsWith('<svg') && svg.includes(tanh.run) && svg.includes('Error by epoch'));
  const same = await layerline(t, ['compare', run, run], { cwd: CWD });
  t.match(same.stdout, /All were set up in the same way/);
  t.match(await layerline(t, ['compare', run, 'nothing'], { cwd: CWD }), { code: 1, stderr: /no run nothing/ });
});

await t.test('a run begins anew as another, or with a change', async (t) => {
  const again = ['train', '--from', run, '--json', '--no-dashboard'];
  interface Result {
    readonly run: string;
    readonly weightsSha256: string;
  }
  const [same] = await jsonLines<Result>([...again, '--quiet']);
  const [compared] = await jsonLines<{ differing: string[]; runs: { result: Result }[] }>([
    ...['compare', run, same?.run ?? '', '--json'],
  ]);
  t.equal(same?.weightsSha256, compared?.runs[0]?.result.weightsSha256);
  t.same(compared?.differing, ['singleProcess'], 'which is not taken');
  const both = await layerline(t, [...again, '--resume', run], { cwd: CWD });
  t.match(both, { code: 2, stderr: /leave out one of --from and --resume/ });
});

await t.test('a run goes on with the weights of another', async (t) => {
  interface Result {
    readonly run: string;
    readonly testError: number;
    readonly weightsSha256: string;
  }
  const goOn = [
    'train',
    '--continue',
    run,
    '--epochs',
    '2',
    '--eval-every',
    '1',
    '--json',
    '--no-dashboard',
    '--quiet',
  ];
  const [one] = await jsonLines<Result>([...goOn, '--single-process']);
  const [several] = await jsonLines<Result>(goOn);
  t.equal(several?.weightsSha256, one?.weightsSha256, 'the same in several processes');
  const [compared] = await jsonLines<{
    readonly runs: readonly { result: Result; evaluations: readonly { testError: number }[] }[];
  }>(['compare', run, one?.run ?? '', '--json']);
  const first = compared?.runs[1]?.evaluations[0]?.testError ?? 1;
  t.ok(
    first < 1 - testAccuracy + 0.1,
    `after one epoch, an error of ${first}, where the run before had ${1 - testAccuracy}`,
  );
  t.not(one?.weightsSha256, compared?.runs[0]?.result.weightsSha256);
  t.match(await layerline(t, [...goOn, '--layers', '100,70'], { cwd: CWD }), {
    code: 2,
    stderr: /continue: layer-2 of the model has 80 × 100 weights/,
  });
  t.match(await layerline(t, [...goOn, '--from', run], { cwd: CWD }), {
    code: 2,
    stderr: /leave out one of --from and --continue/,
  });
});

await t.test('readouts are reported beside goodness, and predict by logits', async (t) => {
  const read = await json<{ readonly run: string; readonly testError: number }>(
    t,
    [...TRAINING, '--single-process', '--no-dashboard', '--readout', 'softmax', '--readout-rate', '0.01'],
    { cwd: CWD },
  );
  const evaluated = await json<{ testError: number; byGoodness: { testError: number; perLayerError: number[] } }>(
    t,
    ['evaluate', read.run],
    { cwd: CWD },
  );
  t.equal(evaluated.testError, read.testError);
  t.equal(evaluated.byGoodness.perLayerError.length, 2);
  t.ok(evaluated.byGoodness.testError < 0.3);
  const folders = CLASSES.map((name) => join('trees', 'test', name));
  const predictions = await jsonLines<{ file: string; predicted: string; classes: { logit: number }[] }>([
    ...['predict', read.run, ...folders, '--json', '--top', '1'],
  ]);
  const wrong = predictions.filter(({ file, predicted }) => !file.includes(`/${predicted}/`)).length;
  t.equal(wrong / predictions.length, read.testError);
  t.type(predictions[0]?.classes[0]?.logit, 'number');
});
