import { basename, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { json, layerline, QUICK, start } from '../support/layerline.js';
import type { Command } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { isRefusal } from '../support/refusal.js';
import { onlyRun, readLines, readJson, snapshotSteps } from '../support/run-folder.js';

const LONG = ['--epochs', '100000', '--eval-every', '0', '--snapshot-every', '0'];

/** A training that goes on until it is stopped, and its run's id. */
async function training(t: Test, cwd: string): Promise<{ command: Command; run: string; folder: string }> {
  const command = start(t, ['train', ...QUICK, ...LONG, '--json'], { cwd });
  const folder = await until(`the run: ${command.stderr}`, () => onlyRun(join(cwd, 'runs')));
  await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
  return { command, run: basename(folder), folder };
}

await t.test('each command says what it has done, and a run that has ended how to go on with it', async (t) => {
  const cwd = t.testdir();
  const { command, run, folder } = await training(t, cwd);
  const says = async (args: readonly string[], what: RegExp): Promise<void> => {
    const { code, stdout, stderr } = await layerline(t, args, { cwd });
    t.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    t.match(stdout, what);
  };
  await says(['pause', run], /^Run \S+ is paused after its current batch: layerline resume \S+ goes on with it\n$/);
  await says(['pause', run], /^Run \S+ is paused already: /);
  const follower = start(t, ['attach', run], { cwd });
  await until('what a follower is told of the pause', () =>
    follower.stdout.includes('\nPaused: layerline resume goes on'),
  );
  await says(['snapshot', run, '--wait'], /^Run \S+ has a snapshot at step \d+: 4 parts, \d+\.\d MB in /);
  t.equal(snapshotSteps(join(folder, 'snapshots')).length, 1);
  await says(['resume', run], /^Run \S+ goes on\n$/);
  await until('what a follower is told of its end', () => follower.stdout.includes('\nGoes on\n'));
  await says(['resume', run], /^Run \S+ is running already, and not paused\n$/);
  const ended =
    /ends after its current batch, and stores its model in (\S+)\n.* has ended, after [\d,]+ images: .*, model in \1\n$/;
  await says(['stop', run, '--wait', '--reason', 'enough is learned'], ended);
  t.match(JSON.parse((await command.ended).stdout), { run, outcome: 'stopped' });
  t.match(readJson(join(folder, 'state.json')), { state: 'stopped', stopReason: 'enough is learned' });
  for (const action of ['pause', 'stop', 'snapshot']) {
    const over = /was stopped \(enough is learned\) after [\d,]+ images: layerline resume \S+ goes on with it/;
    const refused = await layerline(t, [action, run], { cwd });
    t.equal(refused.code, 1);
    t.match(refused.stderr, over);
  }

  const again = start(t, ['resume', run], { cwd });
  await until(`learning: ${again.stderr}`, () => /\d images|epoch/i.test(again.stdout));
  const cut = (await layerline(t, ['stop', run, '--now', '--wait'], { cwd })).stdout;
  t.match(cut, /^Run \S+ ends at once, without a model: layerline resume \S+ goes on from its snapshot at step \d+/);
  const { code, stderr } = await again.ended;
  t.equal(code, 1);
  t.match(stderr, /was stopped before its end, without a model; .*: layerline resume \S+ goes on with it\n$/);
});

await t.test('a run that has completed is not resumed, and says how to train its model further', async (t) => {
  const cwd = t.testdir();
  const trained = await layerline(t, ['train', ...QUICK, '--epochs', '1', '--json'], { cwd });
  const { run } = JSON.parse(trained.stdout) as { run: string };
  for (const action of ['pause', 'resume']) {
    isRefusal(t, await layerline(t, [action, run], { cwd }), { code: 1, says: ['has completed', 'train --continue'] });
  }
});

await t.test('a run is submitted to a coordinator and left to it', async (t) => {
  const cwd = t.testdir();
  isRefusal(t, await layerline(t, ['submit', ...QUICK], { cwd }), { code: 2, says: ['coordinator: none is running'] });
  const { stdout: help } = await layerline(t, ['submit', '--help'], { cwd });
  t.match(help, /--coordinator \[address\]/);
  t.notMatch(help, /--(resume|out|single-process|open) /, 'what it would refuse');
  const coordinator = start(t, ['coordinator', '--port', '0'], { cwd });
  await until('the coordinator', () => coordinator.stdout.includes('To train, here:'));
  start(t, ['node', '--name', 'box'], { cwd });
  while ((await json<object[]>(t, ['nodes'], { cwd })).length === 0);
  const submitted = await layerline(t, ['submit', ...QUICK, '--name', 'wide-net'], { cwd });
  t.equal(submitted.code, 0, submitted.stderr);
  t.match(submitted.stdout, /^Run (\S+-wide-net)\. Follow it: layerline attach \1\n$/);
  const attached = await layerline(t, ['attach', 'wide-net', '--json'], { cwd });
  t.match(JSON.parse(attached.stdout), { outcome: 'completed', epochs: 1 });
  const over = await layerline(t, ['resume', 'wide-net'], { cwd });
  isRefusal(t, over, { code: 1, says: ['has completed', 'train --continue'] });
});

await t.test('a run is called by its name, which no other run of the folder gets', async (t) => {
  const cwd = t.testdir();
  const named = ['train', ...QUICK, '--name', 'wide-net', '--json'];
  const { run } = JSON.parse((await layerline(t, named, { cwd })).stdout) as { run: string };
  t.match(run, /^\d{4}-.*-[0-9a-f]{4}-wide-net$/);
  t.match((await layerline(t, ['runs', 'show', 'wide-net'], { cwd })).stdout, run);
  const again = await layerline(t, named, { cwd });
  t.equal(again.code, 1);
  t.match(again.stderr, `The name wide-net is taken by run ${run}: `);
  t.equal(onlyRun(join(cwd, 'runs')), join(cwd, 'runs', run), 'nothing is left of the second');
  isRefusal(t, await layerline(t, ['train', '--name', '7'], { cwd }), { code: 2, says: ['name: "7" cannot be one'] });
  const renamed = await layerline(t, ['train', '--resume', 'wide-net', '--name', 'other'], { cwd });
  isRefusal(t, renamed, { code: 2, says: ['name: a resumed run keeps its own'] });
});
