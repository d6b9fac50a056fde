import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PROGRAM, SHORT, skip, TRAIN } from '../support/foreign.js';
import type { Result } from '../support/foreign.js';
import { json, layerline, start } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { loggedStages, onlyRun, readLines } from '../support/run-folder.js';

/** A machine that is busy otherwise takes a minute to start a run. */
const LATEST_MS = 180_000;

await t.test('a layer in Python stands between two that learn', { skip }, async (t) => {
  const cwd = t.testdir();
  const undisturbed = await json<Result>(t, [...TRAIN, ...PROGRAM, ...SHORT]);
  const folder = join(cwd, undisturbed.folder);

  await t.test('which learn from it and through it', (t) => {
    const [first, foreign, third] = undisturbed.perLayerError;
    t.equal(undisturbed.outcome, 'completed');
    t.equal(undisturbed.restarts, 0);
    t.equal(undisturbed.images, 20_000);
    t.ok((first ?? 1) < 0.3, `layer-1 has learned: ${first}`);
    t.equal(foreign, null);
    t.ok((third ?? 1) < 0.75, `layer-3 has learned, where chance is 0.9: ${third}`);
    t.equal(undisturbed.perLayerError.length, 3);
    t.end();
  });

  await t.test('and it is no part of the model', async (t) => {
    const manifest = JSON.parse(readFileSync(join(folder, 'model', 'manifest.json'), 'utf8')) as {
      readonly parts: readonly { readonly name: string }[];
    };
    t.same(
      manifest.parts.map(({ name }) => name),
      ['layer-1', 'layer-3'],
    );
    const { code, stderr } = await layerline(t, ['evaluate', folder]);
    t.equal(code, 2);
    t.equal(
      stderr,
      "layerline: layer-2 is the program reservoir of a node: the model cannot be evaluated without the run's nodes\n",
    );
  });

  await t.test('its death is healed, and the numbers are the same', async (t) => {
    const cwd = t.testdir();
    const command = start(t, [...TRAIN, ...PROGRAM, ...SHORT, '--json'], { cwd });
    const run = await until('the run folder', () => onlyRun(join(cwd, 'runs')), LATEST_MS);
    await until('learning', () => readLines(join(run, 'metrics.jsonl')).length > 2, LATEST_MS);
    process.kill(loggedStages(run).get('layer-2') ?? 0, 'SIGKILL');
    const { code, stdout, stderr } = await command.ended;
    t.equal(code, 0, stderr);
    const result = JSON.parse(stdout) as Result;
    t.equal(result.restarts, 1);
    t.equal(result.weightsSha256, undisturbed.weightsSha256);
    t.same(result.perLayerError, undisturbed.perLayerError);
  });
});

await t.test('what cannot be is refused', async (t) => {
  const refused = async (args: readonly string[], message: string): Promise<void> => {
    const { code, stdout, stderr } = await layerline(t, args);
    t.equal(code, 2);
    t.equal(stdout, '');
    t.match(stderr, message);
  };
  await refused([...TRAIN, '--quiet'], 'layer-2 needs the program reservoir, which is not defined');
  await refused([...TRAIN, ...PROGRAM, '--quiet', '--single-process'], 'train without --single-process');
  await refused([...TRAIN, '--program', 'reservoir', '--quiet'], '"reservoir" is not NAME=COMMAND');
  for (const stage of ['layer-1', 'layer-3', 'layer-4', 'feeder']) {
    await refused([...TRAIN, '--programs', `${stage}=reservoir`, ...PROGRAM, '--quiet'], `and not for ${stage}`);
  }
});

await t.test('a program that is none ends the run with what it wrote', async (t) => {
  const words = { 'does not exist': '/nowhere/at-all', 'does not speak': 'echo hello' };
  for (const [what, command] of Object.entries(words)) {
    const { code, stderr } = await layerline(t, [...TRAIN, '--program', `reservoir=${command}`, ...SHORT]);
    t.equal(code, 1, what);
    t.match(
      stderr,
      command === words['does not exist']
        ? 'spawn /nowhere/at-all ENOENT'
        : "sent something that is not a stage's message",
    );
  }
});
