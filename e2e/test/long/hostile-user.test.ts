import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Attacker, Squatter } from '../support/attack.js';
import { Cluster } from '../support/cluster.js';
import { NETWORK } from '../support/hostile.js';
import { HostileNode } from '../support/hostile-node.js';
import { layerline, start } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { isRefusal } from '../support/refusal.js';
import { freePort } from '../support/system.js';

const TRAIN = ['train', ...NETWORK, '--quiet'];
const WELL = { outcome: 'completed', restarts: 0, exact: true };
/** More than a coordinator takes from one address. */
const STRANGERS = 600;
const MOST_FROM_ONE_ADDRESS = 512;
const MOST_AT_A_DATA_PORT = 16;
const DATA_PORTS = 8;
const SOMEBODY = 54_321;
const NOT_ROOT = process.getuid?.() !== 0 && 'only root can give a file away';
const NO_PIPES = process.platform === 'win32' && 'Windows has no such files';
/** Turns a terminal red, sets its title, and tries to forge a line. */
const STEERING = '\x1b[31m\x1b]0;mine\x07\r\nrun';
const STEERED = /[\0-\x09\x0b-\x1f\x7f]/;

await t.test('another user of the machine', async (t) => {
  const cluster = await Cluster.open(t);
  const from = await freePort();
  const ports = { from, to: from + DATA_PORTS - 1 };
  await cluster.node('box', undefined, '--slots', '8', '--data-ports', `${ports.from}-${ports.to}`);
  const train = (): Promise<TrainResult> => cluster.ask(undefined, TRAIN);
  const undisturbed = await train();

  await t.test('keeps nobody out with connections that say nothing', async (t) => {
    const strangers = new Attacker(Number(new URL(cluster.address).port));
    t.teardown(() => strangers.close());
    await strangers.dawdle(STRANGERS);
    t.match(await train(), { ...WELL, weightsSha256: undisturbed.weightsSha256 });
    t.ok(strangers.connections <= MOST_FROM_ONE_ADDRESS, `${strangers.connections} are left`);
  });

  await t.test('nor a stage from its neighbour', async (t) => {
    const squatter = new Squatter(['127.0.0.1'], ports);
    t.teardown(() => squatter.stop());
    squatter.start();
    t.match(await train(), { ...WELL, weightsSha256: undisturbed.weightsSha256 });
    t.ok(squatter.taken > MOST_AT_A_DATA_PORT, `${squatter.taken} were taken`);
  });

  await t.test('finds no terminal to steer', (t) => names(t, cluster));
  await t.test('hands nobody a token', { skip: NOT_ROOT }, (t) => tokens(t, cluster));
  await t.test('makes no node wait for data that never comes', { skip: NO_PIPES }, (t) => pipes(t, cluster));
  await t.test('has nothing written elsewhere by a link', { skip: NO_PIPES }, (t) => links(t, cluster));
  t.match(await train(), { ...WELL, weightsSha256: undisturbed.weightsSha256 });
});

/** Names of nodes, programs and runs, and what they cause others to say. */
async function names(t: Test, cluster: Cluster): Promise<void> {
  const name = `red${STEERING}`;
  const given = await layerline(t, ['node', ...cluster.way('node', 'red'), '--name', name], cluster.machine('red'));
  isRefusal(t, given, { code: 2, says: ['red\\x1b[31m', 'has to be a name of 1 to 100 printable characters'] });
  // A program of his own asks nobody.
  const { version } = await cluster.ask<{ version: string }>(undefined, ['status']);
  const token = readFileSync(cluster.token('node', 'red'), 'utf8').trim();
  const node = await HostileNode.connect({ address: cluster.address, token });
  node.join({ name, version });
  await node.hears('welcome');
  for (const command of [['nodes'], ['status'], ['drain', name], ['undrain', name], ['drain', `no${name}`]]) {
    const { stdout, stderr } = await cluster.operate(undefined, command);
    t.match(stdout + stderr, 'red\\x1b[31m');
    t.notMatch(stdout + stderr, STEERED, command.join(' '));
  }
  for (const args of [
    ['--programs', `layer-1=${name}`],
    ['--placement', `layer-1=${name}x`],
    ['--dataset', name],
  ]) {
    const { code, stderr } = await cluster.operate(undefined, [...TRAIN, ...args]);
    t.not(code, 0);
    t.notMatch(stderr, STEERED, args.join(' '));
  }
  const folder = join(cluster.machine('red').cwd, 'runs', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'state.json'), STEERING);
  writeFileSync(join(folder, 'config.json'), '{}');
  const { stdout } = await layerline(t, ['runs'], cluster.machine('red'));
  t.match(stdout, 'red\\x1b[31m');
  t.notMatch(stdout, STEERED);
  await node.leave();
}

async function tokens(t: Test, cluster: Cluster): Promise<void> {
  const machine = cluster.machine('victim');
  const way = cluster.way('node', 'victim');
  const file = way.at(-1) as string;
  chownSync(file, SOMEBODY, SOMEBODY);
  const refused = await layerline(t, ['node', ...way], machine);
  isRefusal(t, refused, { says: [file, 'belongs to another user', 'use a copy of your own'] });
  const state = join(machine.cwd, 'state');
  mkdirSync(state);
  chownSync(state, SOMEBODY, SOMEBODY);
  const coordinator = await layerline(t, ['coordinator', '--port', '0', '--state', state], machine);
  isRefusal(t, coordinator, { says: [state, 'belongs to another user'] });
  t.same(readdirSync(state), [], 'nothing is kept there');
}

async function pipes(t: Test, cluster: Cluster): Promise<void> {
  const { cwd } = cluster.machine('data');
  const [pipe, device] = [join(cwd, 'pipe'), join(cwd, 'device')];
  for (const folder of [pipe, device]) {
    mkdirSync(folder);
    for (const name of ['train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']) {
      writeFileSync(join(folder, name), '');
    }
  }
  execFileSync('mkfifo', [join(pipe, 'train-images-idx3-ubyte')]);
  symlinkSync('/dev/zero', join(device, 'train-images-idx3-ubyte'));
  for (const [folder, what] of [
    [pipe, 'it is a pipe'],
    [device, 'it is a device'],
  ] as const) {
    const node = await cluster.node('data', undefined, '--data-dir', folder);
    const refused = await layerline(t, ['train', '--data-dir', folder, '--quiet'], { cwd });
    isRefusal(t, refused, { says: [join(folder, 'train-images-idx3-ubyte'), what] });
    node.kill('SIGTERM');
    await node.ended;
  }
}

/** In a folder that everybody may write to, a run's own is swapped for a link to what belongs to its user. */
async function links(t: Test, cluster: Cluster): Promise<void> {
  const { cwd } = cluster.machine('links');
  const [shared, precious] = [join(cwd, 'shared'), join(cwd, 'precious')];
  for (const folder of [shared, precious]) mkdirSync(folder);
  chmodSync(shared, 0o777);
  writeFileSync(join(precious, 'file'), 'mine');
  const args = ['train', ...NETWORK, '--epochs', '3', '--snapshot-every', '20', '--snapshot-dir', shared];
  const training = start(t, [...args, '--json', ...cluster.way('operator', 'operator')], cluster.machine('operator'));
  const [run = ''] = await until('a snapshot', () => {
    const runs = readdirSync(shared);
    return runs.some((name) => readdirSync(join(shared, name)).includes('20')) && runs;
  });
  renameSync(join(shared, run), join(shared, 'taken'));
  symlinkSync(precious, join(shared, run));
  const { stdout, stderr } = await training.ended;
  t.match(JSON.parse(stdout), { outcome: 'completed', restarts: 0 });
  const problem = `${join(shared, run)} is a link, and writing there could change files outside the run`;
  // Which of them there are depends on how long each takes to fail, as there is one at a time.
  const said = stderr.split('\n').filter((line) => line.includes(': evaluator: The store failed with snapshots/'));
  t.ok(said.length > 0 && said.every((line) => line.includes(problem)), said.join('\n'));
  t.same(readdirSync(precious), ['file']);
  t.equal(readFileSync(join(precious, 'file'), 'utf8'), 'mine');
}
