import { GOODNESS_NAMES, OBJECTIVE_NAMES, OPTIMIZER_NAMES } from '@layerline/forward-forward';
import t from 'tap';
import type { PartialRunConfig } from '../src/index.js';
import { applyPreset, CONFIG_KEYS, DEFAULT_PRESET, PRESET_NAMES, PRESETS, runConfigSchema } from '../src/index.js';

await t.test('every preset pins everything that it does not leave to the machine', (t) => {
  const optional = ['shards', 'dataDir', 'snapshotDir', 'placement', 'programs'];
  for (const name of PRESET_NAMES) {
    const preset: Record<string, unknown> = PRESETS[name];
    t.same(Object.keys(preset).sort(), CONFIG_KEYS.filter((key) => !optional.includes(key)).sort(), name);
    t.same(runConfigSchema.parse(preset), preset, `${name} is valid`);
    t.same(applyPreset(name, {}), preset, `${name} is what you get`);
  }
  t.ok(PRESET_NAMES.includes(DEFAULT_PRESET));
  t.end();
});

await t.test('what a user gives wins, and changes nothing else', (t) => {
  const given: PartialRunConfig = { layers: [7, 9], epochs: 3, batch: 11, seed: 4, threshold: 2, engine: 'tfjs' };
  t.same(applyPreset('quick', given), { ...PRESETS.quick, ...given });
  t.end();
});

await t.test('α and the learning rate are retuned only where the loss or the optimizer is another one', (t) => {
  const base = PRESETS.quick;
  for (const objective of OBJECTIVE_NAMES) {
    for (const goodness of GOODNESS_NAMES) {
      for (const optimizer of OPTIMIZER_NAMES) {
        const name = `${objective}, ${goodness}, ${optimizer}`;
        const sameLoss = objective === base.objective && goodness === base.goodness;
        const { alpha, learningRate, ...rest } = applyPreset('quick', { objective, goodness, optimizer });
        const { alpha: _alpha, learningRate: _learningRate, ...baseRest } = base;
        t.same(rest, { ...baseRest, objective, goodness, optimizer }, `${name}: nothing else changes`);
        if (sameLoss) t.equal(alpha, base.alpha, `${name}: α stays`);
        if (sameLoss && optimizer === base.optimizer)
          t.equal(learningRate, base.learningRate, `${name}: the rate stays`);
        t.ok(alpha > 0 && learningRate > 0, `${name}: ${alpha}, ${learningRate}`);
        const own = { objective, goodness, optimizer, alpha: 0.77, learningRate: 0.55 };
        t.match(applyPreset('quick', own), own, `${name}: the user's own stay`);
      }
    }
  }
  const mean = applyPreset('quick', { objective: 'threshold', goodness: 'mean' });
  const sum = applyPreset('quick', { objective: 'threshold', goodness: 'sum' });
  t.ok(sum.alpha < mean.alpha, 'sums are larger than means, and their α smaller');
  t.not(
    applyPreset('quick', { optimizer: 'sgd' }).learningRate,
    applyPreset('quick', { optimizer: 'adam' }).learningRate,
    'optimizers have rates of their own',
  );
  t.end();
});

await t.test('the schema refuses what cannot be meant', (t) => {
  const wrong: Record<string, unknown> = {
    layers: [0],
    epochs: 0,
    batch: 1.5,
    seed: -1,
    objective: 'hinge',
    goodness: 'max',
    threshold: Infinity,
    alpha: 0,
    negatives: 'none',
    optimizer: 'lion',
    learningRate: NaN,
    momentum: 1,
    weightDecay: -0.1,
    peerNormalization: NaN,
    classifyBy: 'last',
    engine: 'cuda',
    threads: 0,
    evalEvery: -1,
    singleProcess: 'yes',
    port: 65_536,
    out: '',
    dataset: 'cifar',
  };
  for (const [key, value] of Object.entries(wrong)) {
    const result = runConfigSchema.safeParse({ ...PRESETS.quick, [key]: value });
    t.same(
      result.error?.issues.map(({ path }) => path[0]),
      [key],
      `${key}: ${JSON.stringify(value)}`,
    );
  }
  t.same(runConfigSchema.safeParse({ ...PRESETS.quick, layers: [1e9] }).error?.issues[0]?.path, ['layers', 0]);
  t.equal(runConfigSchema.safeParse({ ...PRESETS.quick, layers: [] }).success, false, 'no layers');
  t.equal(runConfigSchema.safeParse({ ...PRESETS.quick, learingRate: 1 }).success, false, 'an unknown key');
  t.end();
});

t.test('a path that no file can have is refused', (t) => {
  for (const path of ['a\0b', 'a\ud800', '\udc00']) {
    for (const key of ['out', 'dataDir', 'snapshotDir']) {
      const { error } = runConfigSchema.partial().safeParse({ [key]: path });
      t.match(error?.issues, [{ path: [key], message: 'expected a path that can be the name of a file' }]);
    }
  }
  t.ok(runConfigSchema.partial().safeParse({ out: 'läufe/\u{1f600}' }).success);
  t.end();
});
