import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { json, layerline, MNIST, start, train } from './support/layerline.js';
import type { TrainResult } from './support/layerline.js';
import { childrenOf, isAlive, titleOf, until } from './support/processes.js';
import { filesOf, loggedStages, onlyRun, readJson, readLayer, readLines, weightsSha256 } from './support/run-folder.js';

const LINUX_ONLY = { skip: process.platform !== 'linux' && 'needs /proc' };
const STAGES = ['feeder', 'layer-1', 'layer-2', 'evaluator'];
const SHA_256 = /^[0-9a-f]{64}$/;

await t.test('the quick preset on the built-in digits', async (t) => {
  const out = t.testdir();
  // Three of its five epochs are enough for its accuracy.
  const args = ['--dataset', 'digits', '--epochs', '3'];
  const command = start(t, ['train', ...args, '--out', 'runs', '--json'], { cwd: out });
  const folder = await until('the run folder', () => onlyRun(join(out, 'runs')));
  const stages = await until('stages', () => {
    const stages = loggedStages(folder);
    return stages.size === STAGES.length && stages;
  });

  await t.test('one process for each layer, the feeder and the evaluator', LINUX_ONLY, async (t) => {
    await until('titles', () => [...stages].every(([stage, pid]) => titleOf(pid) === `layerline ${stage}`));
    t.same(new Set(childrenOf(command.pid)), new Set(stages.values()), 'children of the command');
  });

  await t.test('a run under way is listed as running', async (t) => {
    const [run] = await json<{ state: string }[]>(t, ['runs', '--out', join(out, 'runs')]);
    t.equal(run?.state, 'running');
  });

  const { code, stdout, stderr } = await command.ended;
  t.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  t.equal(lines.length, 1, 'standard output has the result alone');
  const result = JSON.parse(lines[0] ?? '') as TrainResult;

  await t.test('reaches its accuracy, and says so', async (t) => {
    t.ok(result.testAccuracy >= 0.96, `accuracy ${result.testAccuracy}`);
    t.match(stderr, `Test accuracy: ${(100 * result.testAccuracy).toFixed(2)} % on digits`);
    t.match(stderr, /^Data: digits \(built in\)$/m);
    t.match(stderr, /^Engine: onnx\//m);
    t.match(stderr, /^Epoch 3 of 3, [\d,]+ images\/s;/m);
    t.notMatch(stderr, '\u001B', 'no terminal, no escape sequences');
  });

  await t.test('the result has every field, with sane values', async (t) => {
    t.equal(result.outcome, 'completed');
    t.equal(result.epochs, 3);
    t.equal(result.images, 3 * 20_000);
    t.ok(Math.abs(result.testAccuracy + result.testError - 1) < 1e-12);
    t.equal(result.perLayerError.length, 2);
    for (const error of result.perLayerError) t.ok(error > 0 && error < 0.1, `layer error ${error}`);
    t.ok(result.trainSeconds > 0);
    t.ok(result.evalSeconds > 0);
    t.ok(Math.abs(result.imagesPerSecond * result.trainSeconds - result.images) < 1, 'images a second');
    t.match(result.engine, /^onnx\/(c-api|node)$/);
    t.match(result.numerics, /^onnx \d+\.\d+\.\d+ (c-api|node) [0-9a-f]{16}$/);
    t.equal(result.dataset, 'digits');
    t.same(
      result.stages.map(({ stage, role, pid }) => ({ stage, role, pid })),
      STAGES.map((stage) => ({ stage, role: stage.replace(/-\d$/, ''), pid: stages.get(stage) })),
    );
    t.match(result.weightsSha256, SHA_256);
    t.equal(join(out, result.folder), folder);
  });

  await t.test('each stage says what its work and its frames have cost', async (t) => {
    const [feeder, ...others] = result.stages;
    // Every frame goes through all stages: at least the training batches of three epochs.
    t.ok(Number(feeder?.framesSent) > 3 * 200, `${feeder?.framesSent} frames`);
    t.same(
      others.map(({ framesSent }) => framesSent),
      [feeder?.framesSent, feeder?.framesSent, 0],
    );
    for (const { stage, seconds, cpuSeconds, framesSent, bytesSent, peakMemoryBytes } of result.stages) {
      const { busy = 0, waitingForInput = 0, waitingForCredit = 0, serializing = 0 } = seconds ?? {};
      t.ok(busy > 0, `${stage} was busy for ${busy} s`);
      t.ok(serializing > 0, `${stage} had frames in hand for ${serializing} s`);
      t.ok(serializing <= busy + waitingForInput + waitingForCredit, `${stage} had no more time than there was`);
      t.ok(Number(cpuSeconds) > 0, `${stage} took ${cpuSeconds} s of a processor`);
      t.equal(Number(bytesSent) > 0, Number(framesSent) > 0, `${stage} sent ${bytesSent} bytes`);
      t.ok(Number(peakMemoryBytes) > 1e6, `${stage} had ${peakMemoryBytes} bytes`);
    }
  });

  await t.test('no process is left', async (t) => {
    for (const [stage, pid] of stages) t.notOk(isAlive(pid), stage);
  });

  await t.test('the run folder is complete', async (t) => {
    const files = ['config.json', 'history.jsonl', 'journal.json', 'log.jsonl', 'metrics.jsonl', 'model', 'state.json'];
    t.same(filesOf(folder), files);
    t.same(readdirSync(join(folder, 'model')).sort(), ['layer-1.safetensors', 'layer-2.safetensors', 'manifest.json']);
    t.match(readJson(join(folder, 'config.json')), {
      config: {
        dataset: 'digits',
        layers: [500, 500],
        epochs: 3,
        batch: 100,
        seed: 1,
        learningRate: 0.003,
        engine: 'auto',
      },
      plan: { dataset: { name: 'digits' }, batchesPerEpoch: 200, engine: { backend: result.engine } },
    });
    const { state, result: stored } = readJson(join(folder, 'state.json'));
    t.equal(state, 'completed');
    t.same(stored, result);
    t.equal(weightsSha256(folder, 2), result.weightsSha256);
    t.same(readLayer(folder, 1).shape, [500, 784]);
    t.same(readLayer(folder, 2).shape, [500, 500]);
    t.match(readJson(join(folder, 'model', 'manifest.json')), { weightsSha256: result.weightsSha256 });
  });

  await t.test('metrics have each epoch and evaluation', async (t) => {
    const metrics = readLines(join(folder, 'metrics.jsonl'));
    t.same(
      metrics.filter(({ scope }) => scope === 'epoch').map(({ epoch }) => epoch),
      [1, 2, 3],
    );
    const evaluations = metrics.filter(({ type }) => type === 'evaluation');
    t.same(
      evaluations.map(({ epoch }) => epoch),
      [1, 2, 3],
    );
    t.equal(evaluations.at(-1)?.['testError'], result.testError);
    t.match(metrics.at(-1), { type: 'end', outcome: 'completed', images: result.images });
  });

  await t.test('evaluate gives the same numbers', async (t) => {
    const evaluation = await json<TrainResult>(t, ['evaluate', folder]);
    const { testError, testAccuracy, perLayerError, weightsSha256 } = result;
    t.match(evaluation, { testError, testAccuracy, perLayerError, weightsSha256, dataset: 'digits' });
  });

  await t.test('evaluate finds a run by its id, and speaks to people', async (t) => {
    const { code, stdout } = await layerline(t, ['evaluate', result.run, '--engine', 'tfjs'], { cwd: out });
    t.equal(code, 0);
    t.match(stdout, /engine tfjs\/\w+\nTest error: [0-3]\.\d\d % .*\nTest accuracy: 9\d\.\d\d %\n$/);
  });

  await t.test('the run is listed', async (t) => {
    const listed = await json<object[]>(t, ['runs', '--out', join(out, 'runs')]);
    t.match(listed, [{ id: result.run, state: 'completed', result: { testError: result.testError } }]);
    const { code, stdout } = await layerline(t, ['runs'], { cwd: out });
    t.equal(code, 0);
    const error = (100 * result.testError).toFixed(2);
    t.match(stdout, new RegExp(`^${result.run} +completed .* 500×2 +silu +1 +digits +3 +${error} %`, 'm'));
  });
});

await t.test('MNIST', { skip: MNIST === undefined && 'LAYERLINE_DATA is not set' }, async (t) => {
  const env = { LAYERLINE_DATA: MNIST ?? '' };
  const cwd = t.testdir();
  // With files at hand, `auto` is MNIST.
  const result = await json<TrainResult>(t, ['train', '--epochs', '1'], { cwd, env });
  t.equal(result.dataset, 'mnist');
  t.equal(result.images, 60_000);
  t.ok(result.testAccuracy >= 0.95, `accuracy ${result.testAccuracy}`);
  const datasets = await json<object[]>(t, ['datasets'], { cwd, env });
  t.match(
    datasets.find((entry) => 'name' in entry && entry.name === 'mnist'),
    { present: true, train: 60_000 },
  );
});

await t.test('a batch that does not divide the data, and no evaluation but the last', async (t) => {
  const out = t.testdir();
  const result = await train(t, out, '--batch', '700', '--epochs', '2', '--eval-every', '0', '--single-process');
  t.equal(result.images, 2 * 28 * 700);
  const unknown = { peakMemoryBytes: null, seconds: null, cpuSeconds: null, framesSent: null, bytesSent: null };
  t.match(result.stages, [{ stage: 'all', role: 'single-process', ...unknown }]);
  const metrics = readLines(join(out, result.folder, 'metrics.jsonl'));
  t.same(
    metrics.filter(({ type }) => type === 'evaluation').map(({ epoch }) => epoch),
    [2],
  );
});

await t.test('two runs at once do not disturb each other', async (t) => {
  const out = t.testdir();
  const [one, two] = await Promise.all([train(t, out, '--seed', '1'), train(t, out, '--seed', '2')]);
  t.not(one.run, two.run);
  t.not(one.weightsSha256, two.weightsSha256);
  t.equal(readdirSync(out).length, 2);
});

await t.test('as npm links it, from another folder, quietly', async (t) => {
  const cwd = t.testdir();
  const program = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.bin', 'layerline');
  const args = ['--dataset', 'digits', '--layers', '16', '--epochs', '1', '--batch', '1000', '--quiet'];
  t.match(await layerline(t, ['train', ...args], { cwd, program }), { code: 0, stdout: '', stderr: '' });
  t.same(readdirSync(cwd), ['runs'], 'nothing else is written, and nothing to the home folder');
  t.equal(readdirSync(join(cwd, 'runs')).length, 1);
});

await t.test(
  'the command line comes before the file, the file before the environment, that before the preset',
  async (t) => {
    const settings = { layers: [32], batch: 1000, epochs: 4, singleProcess: true, dataset: 'digits' };
    const files = {
      'layerline.config.json': JSON.stringify(settings),
      'layerline.config.yaml':
        'layers: [32]\nbatch: 1000\nepochs: 4 # too many\nsingleProcess: true\ndataset: digits\n',
    };
    const env = { LAYERLINE_BATCH: '10', LAYERLINE_SEED: '7', LAYERLINE_PRESET: 'mlp-3x1000' };
    for (const [name, content] of Object.entries(files)) {
      await t.test(name, async (t) => {
        const cwd = t.testdir({ [name]: content });
        const result = await json<TrainResult>(t, ['train', '--epochs', '1', '--alpha', '5'], { cwd, env });
        const { config } = readJson(join(cwd, result.folder, 'config.json'));
        t.match(config, { ...settings, epochs: 1, alpha: 5, seed: 7, objective: 'silu' });
      });
    }
  },
);

await t.test('a config file by its absolute path', async (t) => {
  const cwd = t.testdir({ here: {}, there: {} });
  const file = join(cwd, 'there', 'small.json');
  writeFileSync(file, '{ "layers": [8], "singleProcess": true }');
  const args = ['train', '--config', file, '--dataset', 'digits', '--batch', '1000', '--epochs', '1'];
  const { perLayerError } = await json<TrainResult>(t, args, { cwd: join(cwd, 'here') });
  t.equal(perLayerError.length, 1);
});

await t.test('help, version, data sets and engines', async (t) => {
  const help = await layerline(t, ['train', '--help']);
  t.equal(help.code, 0);
  for (const option of ['--dataset', '--layers', '--objective', '--engine', '--single-process', '--json', '--preset']) {
    t.match(help.stdout, `${option} `, option);
  }
  const version = await layerline(t, ['--version']);
  const manifest = readFileSync(join(import.meta.dirname, '../../../apps/cli/package.json'), 'utf8');
  t.match(version, { code: 0, stdout: `${(JSON.parse(manifest) as { version: string }).version}\n`, stderr: '' });

  const datasets = await json<{ name: string; present: boolean }[]>(t, ['datasets']);
  t.same(
    datasets.map(({ name }) => name),
    ['mnist', 'fashion-mnist', 'digits'],
  );
  t.match(datasets[2], { present: true, train: 20_000, test: 4_000 });
  const engines = await json<{ engine: string; available: boolean }[]>(t, ['engines']);
  t.ok(engines.some(({ engine, available }) => engine.startsWith('onnx/') && available));
  t.ok(engines.some(({ engine, available }) => engine.startsWith('tfjs/') && available));
});
