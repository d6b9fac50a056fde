import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { json, layerline, MNIST, train } from './support/layerline.js';
import { isRefusal } from './support/refusal.js';
import type { Refusal } from './support/refusal.js';
import type { TrainResult } from './support/layerline.js';

await t.test('what cannot be evaluated', async (t) => {
  const cwd = t.testdir();
  const { folder } = await train(t, cwd, '--single-process');
  const refused = async (t: Test, run: string, refusal: Refusal): Promise<void> => {
    isRefusal(t, await layerline(t, ['evaluate', run, '--out', cwd, '--json'], { cwd }), refusal);
  };
  /** A copy of the run that is damaged. */
  const copy = (name: string, damage: (folder: string) => void): string => {
    const to = join(cwd, name);
    cpSync(join(cwd, folder), to, { recursive: true });
    damage(to);
    return name;
  };
  await t.test('a run that is not there', (t) =>
    refused(t, 'nothing', { says: ['There is no run nothing', 'layerline runs'] }),
  );
  await t.test('a folder that is no run', async (t) => {
    mkdirSync(join(cwd, 'empty'));
    await refused(t, 'empty', { says: ['There is no run empty'] });
  });
  await t.test('a run without a model', async (t) => {
    const run = copy('bare', (folder) => rmSync(join(folder, 'model'), { recursive: true }));
    await refused(t, run, { says: ['no model', 'bare'] });
  });
  await t.test('a damaged model', async (t) => {
    const run = copy('flipped', (folder) => {
      const path = join(folder, 'model', 'layer-2.safetensors');
      const bytes = readFileSync(path);
      bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
      writeFileSync(path, bytes);
    });
    await refused(t, run, { says: [join('flipped', 'model', 'layer-2.safetensors'), 'damaged', 'SHA-256'] });
  });
  await t.test('a model that lacks a layer', async (t) => {
    const run = copy('short', (folder) => rmSync(join(folder, 'model', 'layer-1.safetensors')));
    await refused(t, run, { says: [join('short', 'model', 'layer-1.safetensors'), 'no such file'] });
  });
  await t.test('a damaged manifest', async (t) => {
    const run = copy('garbled', (folder) => writeFileSync(join(folder, 'model', 'manifest.json'), '{}'));
    await refused(t, run, { says: [join('garbled', 'model', 'manifest.json'), 'not the manifest'] });
  });
  await t.test('a config that was changed', async (t) => {
    const run = copy('odd', (folder) => {
      const path = join(folder, 'config.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"batch": 500', '"batch": 400'));
    });
    await refused(t, run, { says: [join('odd', 'config.json'), 'has been changed since the run began'] });
  });
  await t.test('an engine that is none', async (t) => {
    isRefusal(t, await layerline(t, ['evaluate', folder, '--engine', 'cuda'], { cwd }), {
      code: 2,
      says: ['cuda', 'onnx'],
    });
  });
});

const NO_MNIST = MNIST === undefined && 'LAYERLINE_DATA is not set';

await t.test('a run whose data is not where it was trained', { skip: NO_MNIST }, async (t) => {
  const cwd = t.testdir();
  const there = join(cwd, 'of-the-node');
  symlinkSync(MNIST ?? '', there);
  const data = ['--dataset', 'mnist', '--data-dir', there];
  const { folder, testError } = await train(t, cwd, '--single-process', '--layers', '16', ...data);
  rmSync(there);
  const env = { LAYERLINE_DATA: MNIST ?? '' };
  const evaluation = await json<TrainResult>(t, ['evaluate', folder], { cwd, env });
  t.equal(evaluation.testError, testError, 'is evaluated on the data that is here');
  isRefusal(t, await layerline(t, ['evaluate', folder], { cwd, env: { LAYERLINE_DATA: join(cwd, 'none') } }), {
    says: [join(cwd, 'none')],
  });
});
