import { basename, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { json, layerline, QUICK, start } from '../support/layerline.js';
import type { Command } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { isRefusal } from '../support/refusal.js';
import { onlyRun, readLines, snapshotSteps } from '../support/run-folder.js';
import { freePort, internetSockets } from '../support/system.js';

interface Status {
  readonly coordinator: string;
  readonly nodes: readonly { readonly name: string; readonly tasks: number }[];
  readonly runs: readonly {
    readonly id: string;
    readonly state: string;
    readonly images: number;
    readonly processes: readonly { readonly stage: string }[];
  }[];
}

const LONG = ['--epochs', '100000', '--eval-every', '0'];

/** A training that goes on until it is stopped, and its run's id. */
async function training(t: Test, cwd: string, ...args: readonly string[]): Promise<{ command: Command; run: string }> {
  const command = start(t, ['train', ...QUICK, ...LONG, '--json', ...args], { cwd });
  const folder = await until(`the run: ${command.stderr}`, () => onlyRun(join(cwd, 'runs')));
  await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
  return { command, run: basename(folder) };
}

await t.test('a training is watched, paused, resumed and stopped from a second terminal', async (t) => {
  const cwd = t.testdir();
  const { command, run } = await training(t, cwd);
  const status = (): Promise<Status> => json<Status>(t, ['status'], { cwd });
  const operate = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await layerline(t, args, { cwd });
    t.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  };
  const { coordinator, nodes, runs } = await status();
  t.match(coordinator, /^ws:\/\/127\.0\.0\.1:\d+$/);
  t.match(nodes, [{ name: 'local', tasks: 4 }]);
  t.match(runs, [{ id: run, state: 'running' }]);
  t.same(runs[0]?.processes.map(({ stage }) => stage).sort(), ['evaluator', 'feeder', 'layer-1', 'layer-2']);

  await operate('pause', run);
  t.match((await status()).runs, [{ state: 'paused' }]);
  await operate('snapshot', run);
  await until('a snapshot', () => snapshotSteps(join(cwd, 'runs', run, 'snapshots')).length > 0);
  const before = (await status()).runs[0]?.images ?? 0;
  await operate('resume', run);
  t.match((await status()).runs, [{ state: 'running' }]);
  while (((await status()).runs[0]?.images ?? 0) <= before);
  t.match((await layerline(t, ['logs', run], { cwd })).stdout, /run: frames flow/);
  const entries = (await layerline(t, ['logs', run, '--json'], { cwd })).stdout.trimEnd().split('\n');
  t.ok(entries.some((entry) => /^\{"at":"\d{4}-[^"]+Z","stage":"run","line":"frames flow"\}$/.test(entry)));

  const follower = start(t, ['attach', run, '--json'], { cwd });
  await until('the follower', () => follower.stderr.includes(`Run ${run}. Ctrl-C leaves it running`));
  await operate('stop', run);
  const [attached, trained] = await Promise.all([follower.ended, command.ended]);
  t.equal(attached.code, 0, attached.stderr);
  t.equal(trained.code, 0, trained.stderr);
  t.same(JSON.parse(attached.stdout), JSON.parse(trained.stdout), 'both are told the same result');
  t.match(JSON.parse(trained.stdout), { run, outcome: 'stopped', restarts: 0 });
  isRefusal(t, await layerline(t, ['status'], { cwd }), { code: 2, says: ['none of yours is running'] });
});

await t.test('of several trainings, the one that has the run is asked', async (t) => {
  const home = t.testdir({ one: {}, two: {} });
  const env = { XDG_DATA_HOME: home };
  const trainings = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const cwd = join(home, name);
      const command = start(t, ['train', ...QUICK, ...LONG, '--json'], { cwd, env });
      const folder = await until('the run', () => onlyRun(join(cwd, 'runs')));
      await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
      return { command, run: basename(folder) };
    }),
  );
  t.equal((await json<Status[]>(t, ['status'], { cwd: home, env })).length, 2);
  const unknown = await layerline(t, ['pause', 'nobody'], { cwd: home, env });
  isRefusal(t, unknown, { code: 1, says: ['None of your 2 coordinators', 'nobody'] });
  const [first, second] = trainings;
  await layerline(t, ['stop', second?.run ?? ''], { cwd: home, env });
  t.equal((await second?.command.ended)?.code, 0);
  const left = await json<Status>(t, ['status'], { cwd: home, env });
  t.match(left.runs, [{ id: first?.run, state: 'running' }]);
  await layerline(t, ['stop', first?.run ?? ''], { cwd: home, env });
  t.equal((await first?.command.ended)?.code, 0);
});

await t.test('a training in one process is watched like any other', async (t) => {
  const cwd = t.testdir();
  const { command, run } = await training(t, cwd, '--single-process');
  const { runs } = await json<Status>(t, ['status'], { cwd });
  t.match(runs, [{ id: run, state: 'running', processes: [{ stage: 'all' }] }]);
  await layerline(t, ['stop', run], { cwd });
  t.match(JSON.parse((await command.ended).stdout), { outcome: 'stopped' });
});

await t.test(
  'without the dashboard it opens a port if it is given one, and else none',
  { skip: process.platform !== 'linux' && 'sockets are looked up in /proc' },
  async (t) => {
    const cwd = t.testdir({ quiet: {}, open: {} });
    const quiet = await training(t, join(cwd, 'quiet'), '--single-process', '--no-dashboard');
    t.same(internetSockets(quiet.command.pid), []);
    const alone = await layerline(t, ['status'], { cwd: join(cwd, 'quiet') });
    isRefusal(t, alone, { code: 2, says: ['none of yours is running'] });
    quiet.command.kill('SIGINT');
    t.equal((await quiet.command.ended).code, 130);

    const port = await freePort();
    const open = await training(t, join(cwd, 'open'), '--single-process', '--no-dashboard', '--port', `${port}`);
    t.equal(internetSockets(open.command.pid).length, 1);
    const { runs } = await json<Status>(t, ['status'], { cwd: join(cwd, 'open') });
    t.match(runs, [{ id: open.run, state: 'running' }]);
    await layerline(t, ['stop', open.run], { cwd: join(cwd, 'open') });
    t.match(JSON.parse((await open.command.ended).stdout), { outcome: 'stopped' });
  },
);
