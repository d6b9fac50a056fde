import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Test } from 'tap';
import { json, layerline, start } from './support/layerline.js';
import type { TrainResult } from './support/layerline.js';
import { until } from './support/processes.js';
import { loggedStages, onlyRun, readLines } from './support/run-folder.js';

const RESERVOIR = fileURLToPath(new URL('../../foreign/reservoir.py', import.meta.url));
const PROGRAM = ['--program', `reservoir=python3 ${RESERVOIR}`] as const;
/** Three layers, of which the second is not Layerline's. */
const TRAIN = ['train', '--dataset', 'digits', '--layers', '64,32,48', '--programs', 'layer-2=reservoir'] as const;
const SHORT = [
  '--epochs',
  '1',
  '--batch',
  '250',
  '--threads',
  '1',
  '--snapshot-every',
  '10',
  '--quiet',
  '--out',
  'runs',
] as const;

/** A machine that is busy otherwise takes a minute to start a run. */
const LATEST_MS = 180_000;

const hasPython = spawnSync('python3', ['--version']).status === 0;
const isCI = process.env['CI'] === 'true';
const skip = !hasPython && !isCI && 'there is no python3 here';

/** Errors by layer, with null for the foreign one. */
type Result = Omit<TrainResult, 'perLayerError'> & {
  readonly perLayerError: readonly (number | null)[];
};

function train(t: Test, ...args: readonly string[]): Promise<Result> {
  return json<Result>(t, [...TRAIN, ...PROGRAM, ...SHORT, ...args]);
}

await t.test('a layer in Python stands between two that learn', { skip }, async (t) => {
  const cwd = t.testdir();
  const undisturbed = await train(t);
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

  for (const how of [[], ['--dial-out']]) {
    const which = ['over TLS, on the one of two nodes that has it', ...how].join(', ');
    await t.test(`${which}, the numbers are the same`, async (t) => {
      const cwd = t.testdir();
      const coordinator = start(t, ['coordinator', '--port', '0', '--tls', 'self-signed'], { cwd });
      await until('the coordinator', () => coordinator.stdout.includes('To train'));
      const nodes = [
        start(t, ['node', '--name', 'plain'], { cwd }),
        start(t, ['node', '--name', 'own', ...how, ...PROGRAM], { cwd }),
      ];
      for (const node of nodes) await until('a node', () => node.stdout.includes('joined wss://'));
      const result = await json<Result>(t, [...TRAIN, ...SHORT.slice(0, -2), '--coordinator'], { cwd });
      t.equal(result.stages.find(({ stage }) => stage === 'layer-2')?.node, 'own');
      t.equal(result.weightsSha256, undisturbed.weightsSha256);
      t.same(result.perLayerError, undisturbed.perLayerError);
      coordinator.kill('SIGTERM');
      await coordinator.ended;
      for (const node of nodes) node.kill('SIGTERM');
      for (const node of nodes) await node.ended;
    });
  }
});

await t.test('what cannot be is refused', async (t) => {
  const refused = async (args: readonly string[], message: string): Promise<void> => {
    const { code, stdout, stderr } = await layerline(t, args);
    t.equal(code, 2);
    t.equal(stdout, '');
    t.match(stderr, message);
  };
  await refused([...TRAIN, '--quiet'], 'layer-2 is to be reservoir, which is not there');
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
    t.match(stderr, command === words['does not exist'] ? 'spawn /nowhere/at-all ENOENT' : 'does not speak as a stage');
  }
});
