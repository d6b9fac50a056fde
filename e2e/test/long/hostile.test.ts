import { join } from 'node:path';
import t from 'tap';
import { BY_ITSELF, hostileRun, NETWORK, offering } from '../support/hostile.js';
import { json, layerline, start } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { readLines } from '../support/run-folder.js';

const TRAIN = ['train', '--coordinator', ...NETWORK];

interface Listed {
  readonly nodes: readonly { readonly name: string }[];
}

/** What precedes the reason in what a run that was given up says. */
const LAST = ' The last failure: ';

await t.test('a hostile stage ends its own run, and neither its node nor the runs of others there', async (t) => {
  const cwd = t.testdir();
  const coordinator = start(t, ['coordinator', '--port', '0'], { cwd });
  await until('the coordinator', () => coordinator.stdout.includes('To train, here:'));
  const programs = offering([...Object.keys(BY_ITSELF), 'theft']);
  const node = start(t, ['node', '--name', 'box', '--slots', '100', ...programs], {
    cwd,
    env: { LAYERLINE_TOKEN_EXTRA: 'secret' },
  });
  await until(`the node: ${node.stderr}`, () => node.stdout.includes('joined'));
  const innocent = start(t, [...TRAIN, '--epochs', '60', '--json'], { cwd });

  for (const [way, reason] of Object.entries(BY_ITSELF)) {
    await t.test(way, async (t) => {
      const ended = await layerline(t, ['train', '--coordinator', ...hostileRun(way)], { cwd });
      t.equal(ended.code, 1, ended.stderr);
      t.match(ended.stderr.slice(ended.stderr.indexOf(LAST) + LAST.length), reason);
      t.match(ended.stderr, /Gave up after \d+ failures in a row/);
      t.notMatch(ended.stdout + ended.stderr, /[\0\x1b]/, 'nothing steers the terminal');
      t.notMatch(ended.stdout, /accuracy: 9/);
    });
  }
  await t.test('theft', async (t) => {
    const run = start(t, ['train', '--coordinator', ...hostileRun('theft'), '--detach', '--json'], { cwd });
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
