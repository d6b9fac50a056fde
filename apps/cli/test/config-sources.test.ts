import { homedir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { resolveConfig } from '../src/config-sources.js';
import type { ConfigInputs } from '../src/config-sources.js';
import { flagOf, readValue, TRAIN_OPTIONS, variableOf } from '../src/train-options.js';

const NOTHING: ConfigInputs = { options: {}, file: undefined, environment: {}, workingDirectory: '/nonexistent' };

const ERROR = (message: string | RegExp) => ({ name: 'ConfigError', code: 'ERR_CONFIG', message });

await t.test('nothing set is the quick preset', (t) => {
  const { config, preset } = resolveConfig(NOTHING);
  t.equal(preset, 'quick');
  t.match(config, { layers: [500, 500], epochs: 5, batch: 100, singleProcess: false, out: 'runs' });
  t.end();
});

await t.test('each place comes before the next', (t) => {
  const workingDirectory = t.testdir({ 'layerline.config.yaml': 'epochs: 2\nbatch: 20\npreset: mlp-3x1000\n' });
  const environment = { LAYERLINE_EPOCHS: '3', LAYERLINE_BATCH: '30', LAYERLINE_SEED: '33', LAYERLINE_PRESET: 'quick' };
  const { config, preset } = resolveConfig({ ...NOTHING, options: { epochs: '1' }, environment, workingDirectory });
  t.equal(preset, 'mlp-3x1000', 'the file before the environment');
  t.match(config, { epochs: 1, batch: 20, seed: 33, layers: [1000, 1000, 1000] });
  const chosen = resolveConfig({ ...NOTHING, options: { preset: 'mlp-4x2000' }, environment, workingDirectory });
  t.match(chosen, { preset: 'mlp-4x2000', config: { epochs: 2, layers: [2000, 2000, 2000, 2000] } });
  t.end();
});

await t.test('a named file instead of the one that lies there', (t) => {
  const workingDirectory = t.testdir({ 'layerline.config.json': '{ "seed": 1000 }', 'mine.yml': 'seed: 2000' });
  t.equal(resolveConfig({ ...NOTHING, workingDirectory }).config.seed, 1000);
  t.equal(resolveConfig({ ...NOTHING, workingDirectory, file: 'mine.yml' }).config.seed, 2000);
  t.equal(
    resolveConfig({ ...NOTHING, file: `${workingDirectory}/mine.yml` }).config.seed,
    2000,
    'by its absolute path',
  );
  t.end();
});

await t.test('every option can be set in every place', (t) => {
  for (const { key, kind } of TRAIN_OPTIONS) {
    t.match(flagOf(key), /^--[a-z]+(-[a-z]+)*$/);
    t.match(variableOf(key), /^LAYERLINE_[A-Z]+(_[A-Z]+)*$/);
    const wrong = kind === 'flag' ? 'perhaps' : kind === 'text' ? undefined : 'some';
    if (wrong === undefined) continue;
    const environment = { [variableOf(key)]: wrong };
    t.throws(() => resolveConfig({ ...NOTHING, environment }), ERROR(new RegExp(`^${variableOf(key)}\\b`)), key);
    t.throws(
      () => resolveConfig({ ...NOTHING, options: { [key]: wrong } }),
      ERROR(new RegExp(`^${flagOf(key)}\\b`)),
      key,
    );
  }
  t.end();
});

await t.test('a value that does not fit is told', (t) => {
  const told = (options: Record<string, string>, message: string): void => {
    t.throws(() => resolveConfig({ ...NOTHING, options }), { message });
  };
  told({ layers: '500,500x2' }, '--layers (number 2): has to be a whole number from 1 to 65536, not "500x2"');
  told({ batch: '' }, '--batch: has to be a whole number of at least 1, not ""');
  told({ epochs: '-1' }, '--epochs: has to be a whole number from 1 to 1000000, not -1');
  told({ threads: 'many' }, '--threads: has to be auto or a whole number from 1 to 256, not "many"');
  told({ optimizer: 'adma' }, '--optimizer: has to be sgd or adam, not "adma"');
  told(
    { placement: 'feeder=a,feeder=b' },
    '--placement: has to be stages, each once, and their nodes, such as layer-1=box,layer-2=desk, not "feeder=a,feeder=b"',
  );
  const programs = 'has to be layers, each once, and their programs, such as layer-1=mine,layer-2=other';
  told({ programs: 'x=a,x=a' }, `--programs: ${programs}, not "x=a,x=a"`);
  told({ programs: 'layer-1' }, `--programs: ${programs}, not "layer-1"`);
  told({ learningRate: '0' }, '--learning-rate: has to be a number above 0, not 0');
  told({ momentum: '1' }, '--momentum: has to be a number from 0 to below 1, not 1');
  told({ testShare: '2' }, '--test-share: has to be a number above 0 and below 1, not 2');
  told({ decayBy: '3' }, '--decay-by: has to be a number above 0 and at most 1, not 3');
  told({ seed: '1e30' }, '--seed: has to be a whole number from 0 to 9007199254740991, not 1e+30');
  told({ classifyBy: '0' }, '--classify-by (number 1): has to be a whole number of at least 1, not 0');
  t.end();
});

await t.test('a value is shown as it was given, whatever it is', (t) => {
  const told = (file: string, content: string, message: string | RegExp): void => {
    const workingDirectory = t.testdir({ [file]: content });
    t.throws(() => resolveConfig({ ...NOTHING, workingDirectory }), ERROR(message));
  };
  const [json, yaml] = ['layerline.config.json', 'layerline.config.yaml'];
  const infinite = /: has to be a number.*, not (-?Infinity|NaN)$/;
  told(json, '{ "learningRate": 1e999 }', `${json}: learningRate: has to be a number above 0, not Infinity`);
  told(yaml, 'learningRate: -.inf', `${yaml}: learningRate: has to be a number above 0, not -Infinity`);
  told(yaml, 'threshold: .nan', infinite);
  t.throws(() => resolveConfig({ ...NOTHING, options: { learningRate: 'Infinity' } }), ERROR(infinite));
  t.throws(() => resolveConfig({ ...NOTHING, environment: { LAYERLINE_ALPHA: '1e999' } }), ERROR(infinite));
  told(
    json,
    '{ "preset": { "toString": 1 } }',
    `${json}: preset: there is no preset { toString: 1 }: choose quick, mlp-3x1000 or mlp-4x2000`,
  );
  told(yaml, 'preset: &a [*a]', /there is no preset <ref \*1> \[ \[Circular \*1\] \]: choose /);
  told(
    yaml,
    'epochs: &a {b: *a}',
    /epochs: has to be a whole number from 1 to 1000000, not <ref \*1> \{ b: \[Circular \*1\] \}$/,
  );
  told(
    json,
    `{ "out": ${'['.repeat(20)}${']'.repeat(20)} }`,
    /out: has to be text of at least 1 character, not \[ \[ \[Array\] \] \]$/,
  );
  told(json, `{ "objective": "${'x'.repeat(5000)}" }`, /not "x{99}…$/);
  told(json, `{ "layers": [${'[1],'.repeat(50)}1] }`, /^[^\n]{1,200}$/);
  told(json, '{ "objective": "\\u001b[2J\\u202e" }', /not "\\u001b\[2J\\u202e"$/);
  told(json, '{ "\\u001b]0;x\\n": 1 }', /unknown key "\\u001b\]0;x\\n"\. /);
  told(
    json,
    '{ "placement": { "\\u009b": 1 } }',
    /placement \(\\x9b\): has to be text of at least 1 character, not 1$/,
  );
  t.end();
});

await t.test('of two config files, the user says which', (t) => {
  const workingDirectory = t.testdir({ 'layerline.config.json': '{}', 'layerline.config.yml': 'seed: 3' });
  const message =
    'There are layerline.config.json and layerline.config.yml here: keep only one, or choose one with --config';
  t.throws(() => resolveConfig({ ...NOTHING, workingDirectory }), ERROR(message));
  t.equal(resolveConfig({ ...NOTHING, workingDirectory, file: 'layerline.config.yml' }).config.seed, 3);
  t.end();
});

await t.test('a config file that leads nowhere is not passed over', (t) => {
  const workingDirectory = t.testdir({ 'layerline.config.json': t.fixture('symlink', 'gone.json') });
  t.throws(
    () => resolveConfig({ ...NOTHING, workingDirectory }),
    ERROR(/^layerline\.config\.json: cannot be read: ENOENT/),
  );
  t.end();
});

await t.test('paths: a leading ~ is expanded everywhere, and what is looked for again is absolute', (t) => {
  const workingDirectory = t.testdir({ 'layerline.config.yaml': 'out: ~/runs\ndataDir: data\n' });
  const environment = { LAYERLINE_SNAPSHOT_DIR: '~/snapshots', LAYERLINE_DATA: '~/not-this' };
  t.match(resolveConfig({ ...NOTHING, workingDirectory, environment }).config, {
    out: join(homedir(), 'runs'),
    dataDir: join(workingDirectory, 'data'),
    snapshotDir: join(homedir(), 'snapshots'),
  });
  const options = { out: 'elsewhere', snapshotDir: '../snapshots', dataDir: '~/data' };
  t.match(resolveConfig({ ...NOTHING, options, workingDirectory: '/some/where' }).config, {
    out: 'elsewhere',
    dataDir: join(homedir(), 'data'),
    snapshotDir: '/some/snapshots',
  });
  t.end();
});

await t.test('what Kubernetes sets for a service called layerline sets no port', (t) => {
  t.equal(resolveConfig({ ...NOTHING, environment: { LAYERLINE_PORT: 'tcp://10.96.12.7:7878' } }).config.port, 0);
  t.equal(resolveConfig({ ...NOTHING, environment: { LAYERLINE_PORT: '7878' } }).config.port, 7878);
  t.end();
});

await t.test('an empty variable sets nothing', (t) => {
  t.equal(resolveConfig({ ...NOTHING, environment: { LAYERLINE_EPOCHS: '', LAYERLINE_PRESET: '' } }).config.epochs, 5);
  t.end();
});

await t.test('what a user changes takes the numbers that depend on it along, unless they are set too', (t) => {
  const sgd = resolveConfig({ ...NOTHING, options: { optimizer: 'sgd' } }).config;
  t.not(sgd.learningRate, resolveConfig(NOTHING).config.learningRate);
  const set = resolveConfig({ ...NOTHING, options: { optimizer: 'sgd', learningRate: '0.125' } }).config;
  t.equal(set.learningRate, 0.125);
  t.end();
});

await t.test('texts become values', (t) => {
  t.same(readValue('numbers', '500,1e3'), [500, 1000]);
  t.same(readValue('number', ' 0.5 '), 0.5);
  t.same(readValue('number', ''), '');
  t.same(readValue('number', 'ten'), 'ten');
  t.same(readValue('number-or-auto', 'auto'), 'auto');
  t.same(readValue('number-or-auto', '2'), 2);
  t.same(readValue('pairs', 'a=b,c=d=e'), { a: 'b', c: 'd=e' });
  for (const text of ['true', '1', '']) t.equal(readValue('flag', text), true);
  for (const text of ['false', '0']) t.equal(readValue('flag', text), false);
  t.end();
});

await t.test('a run begins with the settings of another, and what goes with those that change follows', (t) => {
  const workingDirectory = t.testdir({ 'layerline.config.yaml': 'epochs: 2\n' });
  const environment = { LAYERLINE_EPOCHS: '3', LAYERLINE_ALPHA: '9', LAYERLINE_OUT: '/here' };
  const options = { layers: '40,30', epochs: '7', alpha: '5', out: '/there', port: '1234' };
  const from = resolveConfig({ ...NOTHING, options }).config;
  const given: ConfigInputs = { ...NOTHING, from, environment, workingDirectory };
  t.same(resolveConfig(given), { config: { ...from, out: '/here', port: 0 }, preset: undefined });
  t.match(resolveConfig({ ...given, options: { seed: '4', out: 'near' } }).config, { seed: 4, alpha: 5, out: 'near' });
  const sum = resolveConfig({ ...given, options: { goodness: 'sum' } }).config;
  t.equal(sum.alpha, resolveConfig({ ...NOTHING, options: { goodness: 'sum' } }).config.alpha);
  t.match(sum, { epochs: 7, layers: [40, 30] });
  for (const other of [{ options: { preset: 'quick' } }, { file: 'layerline.config.yaml' }]) {
    t.throws(() => resolveConfig({ ...given, ...other }), ERROR(/takes all of its settings from --from RUN, or none/));
  }
  t.end();
});
