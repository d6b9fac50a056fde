import { GOODNESS_NAMES, OBJECTIVE_NAMES, objectiveOf, OPTIMIZER_NAMES } from '@layerline/forward-forward';
import t from 'tap';
import type { PartialRunConfig } from '../src/index.js';
import {
  applyPreset,
  CONFIG_KEYS,
  DEFAULT_PRESET,
  layerSpecs,
  MODULES,
  PARAMETERS_OF_MODULES,
  PRESET_NAMES,
  PRESETS,
  runConfigSchema,
} from '../src/index.js';

await t.test('every preset pins everything that it does not leave to the machine', (t) => {
  const parameters = PARAMETERS_OF_MODULES.map(({ key }): string => key);
  const optional = [
    'shards',
    'dataDir',
    'snapshotDir',
    'placement',
    'programs',
    'perLayer',
    'labelColumn',
    'header',
    'group',
    ...parameters,
  ];
  for (const name of PRESET_NAMES) {
    const preset: Record<string, unknown> = PRESETS[name];
    t.same(Object.keys(preset).sort(), CONFIG_KEYS.filter((key) => !optional.includes(key)).sort(), name);
    t.same(runConfigSchema.parse(preset), preset, `${name} is valid`);
    t.same(
      applyPreset(name, {}),
      { ...preset, alpha: 6 },
      `${name} is what you get, with the parameters of its modules`,
    );
  }
  t.ok(PRESET_NAMES.includes(DEFAULT_PRESET));
  t.end();
});

await t.test('what a user gives wins, and changes nothing else', (t) => {
  const given: PartialRunConfig = { layers: [7, 9], epochs: 3, batch: 11, seed: 4, threshold: 2, engine: 'tfjs' };
  t.same(applyPreset('quick', given), { ...PRESETS.quick, alpha: 6, ...given });
  t.end();
});

await t.test('α and the learning rate are retuned only where the loss or the optimizer is another one', (t) => {
  const base = applyPreset('quick', {});
  for (const objective of OBJECTIVE_NAMES) {
    for (const goodness of GOODNESS_NAMES) {
      for (const optimizer of OPTIMIZER_NAMES) {
        const name = `${objective}, ${goodness}, ${optimizer}`;
        const sameLoss = objective === base.objective && goodness === base.goodness;
        const {
          alpha = 0,
          learningRate,
          threshold: _,
          topK: _topK,
          ...rest
        } = applyPreset('quick', { objective, goodness, optimizer });
        const { alpha: _alpha, learningRate: _learningRate, ...baseRest } = base;
        t.same(rest, { ...baseRest, objective, goodness, optimizer }, `${name}: nothing else changes`);
        if (sameLoss) t.equal(alpha, base.alpha, `${name}: α stays`);
        if (sameLoss && optimizer === base.optimizer)
          t.equal(learningRate, base.learningRate, `${name}: the rate stays`);
        t.ok(
          (alpha > 0 || objectiveOf(objective).rows === 'labelled') && learningRate > 0,
          `${name}: ${alpha}, ${learningRate}`,
        );
        const own = { objective, goodness, optimizer, alpha: 0.77, learningRate: 0.55 };
        t.match(applyPreset('quick', own), own, `${name}: the user's own stay`);
      }
    }
  }
  const mean = applyPreset('quick', { objective: 'threshold', goodness: 'mean' });
  const sum = applyPreset('quick', { objective: 'threshold', goodness: 'sum' });
  t.ok((sum.alpha ?? 0) < (mean.alpha ?? 0), 'sums are larger than means, and their α smaller');
  t.not(
    applyPreset('quick', { optimizer: 'sgd' }).learningRate,
    applyPreset('quick', { optimizer: 'adam' }).learningRate,
    'optimizers have rates of their own',
  );
  t.end();
});

await t.test('modules that share a parameter mean the same by it', (t) => {
  const modules = Object.values(MODULES).flat();
  for (const { key, range, symbol } of PARAMETERS_OF_MODULES) {
    for (const { name, parameters } of modules) {
      const own = parameters[key];
      if (own !== undefined) t.same([own.range, own.symbol], [range, symbol], `${key} of ${name}`);
    }
  }
  const names = modules.map(({ name }) => name);
  t.equal(new Set(names).size, names.length, 'every module has a name of its own');
  t.end();
});

await t.test('a layer may learn in a way of its own', (t) => {
  const perLayer = [
    {},
    { objective: 'threshold', goodness: 'sum', learningRate: 0.5 },
    { activation: 'leaky-relu' },
  ] as const;
  const config = applyPreset('quick', { layers: [20, 30, 40], perLayer: [...perLayer], alpha: 3 });
  const [first, second, third] = layerSpecs(config);
  t.match(first, { objective: { name: 'silu', alpha: 3 }, goodness: { name: 'mean' }, learningRate: 0.003 });
  // What goes with another objective follows it, and θ is 1 for each of 30 units.
  t.match(second, { objective: { name: 'threshold', alpha: 1, threshold: 30 }, goodness: { name: 'sum' } });
  t.equal(second?.learningRate, 0.5);
  t.match(third, { activation: { name: 'leaky-relu', leak: 0.01 }, objective: { name: 'silu' } });
  t.throws(() => layerSpecs({ ...config, layers: [20, 30] }), {
    message: /^perLayer: there are settings for 3 layers/,
  });
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
    activation: 'sign',
    schedule: 'warm',
    decayEvery: 0,
    decayBy: 2,
    normalization: 'batch',
    topK: 0,
    leak: 1.5,
    perLayer: 5,
    engine: 'cuda',
    threads: 0,
    evalEvery: -1,
    singleProcess: 'yes',
    port: 65_536,
    out: '',
    dataset: '',
    label: 'above',
    testShare: 1,
    validation: -1,
    splitSeed: 0.5,
    standardize: 'no',
    shift: 0.5,
    flip: 1,
    inputDropout: 1,
    dropout: -0.1,
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
      t.match(error?.issues, [{ path: [key], message: 'has to be a path that can be the name of a file' }]);
    }
  }
  t.ok(runConfigSchema.partial().safeParse({ out: 'läufe/\u{1f600}' }).success);
  t.end();
});
