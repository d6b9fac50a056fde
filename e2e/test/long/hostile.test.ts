import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { json, layerline, start } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { readLines } from '../support/run-folder.js';

const HOSTILE = fileURLToPath(new URL('../../../foreign/hostile.mjs', import.meta.url));
const TRAIN = [
  'train',
  '--coordinator',
  '--dataset',
  'digits',
  '--layers',
  '64,32,48',
  '--epochs',
  '1',
  '--batch',
  '250',
];
/** What each does, and what its run ends with. */
const WAYS: Record<string, RegExp> = {
  'the end': /layer-2 .* failed: it sent a report, which only the evaluator may do/,
  accuracy: /layer-2 .* failed: it sent a report, which only the evaluator may do/,
  'a snapshot': /layer-2 .* failed: it sent a report, which only the evaluator may do/,
  depth: /layer-2 .*(nested|deep)/,
  length: /layer-2 .*(long|bytes|large)/,
  garbage: /layer-2 sent something that is not a stage's message/,
  flood: /layer-2 sent more than 10 events a second/,
};

interface Listed {
  readonly nodes: readonly { readonly name: string }[];
}

await t.test('a hostile stage ends its own run, and neither its node nor the runs of others there', async (t) => {
  const cwd = t.testdir();
  const coordinator = start(t, ['coordinator', '--port', '0'], { cwd });
  await until('the coordinator', () => coordinator.stdout.includes('To train, here:'));
  const names = Object.keys(WAYS).map((way, index) => [`evil-${index}`, way] as const);
  const programs = [...names, ['thief', 'theft'] as const].flatMap(([name, way]) => {
    return ['--program', `${name}=${process.execPath} ${HOSTILE} ${way.replace(' ', '-')}`];
  });
  const node = start(t, ['node', '--name', 'box', '--slots', '100', ...programs], {
    cwd,
    env: { LAYERLINE_TOKEN_EXTRA: 'secret' },
  });
  await until(`the node: ${node.stderr}`, () => node.stdout.includes('joined'));
  const innocent = start(t, [...TRAIN, '--epochs', '6', '--json'], { cwd });

  for (const [name, way] of names) {
    await t.test(way, async (t) => {
      const ended = await layerline(t, [...TRAIN, '--programs', `layer-2=${name}`], { cwd });
      t.equal(ended.code, 1, ended.stderr);
      t.match(ended.stdout + ended.stderr, WAYS[way]);
      t.match(ended.stderr, /Gave up after \d+ failures in a row/);
      t.notMatch(ended.stdout + ended.stderr, /[\0\x1b]/, 'nothing steers the terminal');
      t.notMatch(ended.stdout, /accuracy: 9/);
    });
  }
  await t.test('theft', async (t) => {
    const run = start(t, [...TRAIN, '--programs', 'layer-2=thief', '--detach', '--json'], { cwd });
    const { run: id } = JSON.parse((await run.ended).stdout) as { run: string };
    const log = join(cwd, 'runs', id, 'log.jsonl');
    const said = await until(
      'what it found',
      () => readLines(log).find(({ msg }) => /^statuses/.test(String(msg)))?.['msg'],
    );
    t.equal(said, 'statuses 403 403 403 401 401, tokens 0');
    t.equal((await layerline(t, ['stop', id], { cwd })).code, 0);
  });

  const result = JSON.parse((await innocent.ended).stdout) as TrainResult;
  t.match(result, { outcome: 'completed', restarts: 0, exact: true });
  t.match(await json<Listed>(t, ['status'], { cwd }), { nodes: [{ name: 'box' }] });
  t.equal(node.stdout.match(/joined/g)?.length, 1, 'the node was never thrown out');
});
