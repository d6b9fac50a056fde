import { basename } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Cluster } from '../support/cluster.js';
import { makeHosts, NO_HOSTS } from '../support/hosts.js';
import type { Host } from '../support/hosts.js';
import { json } from '../support/layerline.js';
import type { Command, TrainResult } from '../support/layerline.js';
import { isAlive, until } from '../support/processes.js';
import { loggedStages } from '../support/run-folder.js';
import { metricsOf } from '../../chaos/verdict.js';

/** Long enough to be met in the midst of it. */
const NETWORK = ['--dataset', 'digits', '--layers', '64,48,32', '--engine', 'onnx', '--threads', '1'];
const TRAINING = [...NETWORK, '--epochs', '4', '--batch', '100', '--eval-every', '2', '--quiet'];
const ON_COORDINATOR = ['train', ...TRAINING, '--snapshot-every', '50', '--coordinator'];
/** With two for a node, the five stages of the network take three nodes. */
const SLOTS = ['--slots', '2'];
const ON_HOSTS = { skip: NO_HOSTS };
const NAMES = ['node-1', 'node-2', 'node-3'] as const;

const expected = json<TrainResult>(t, ['train', ...TRAINING, '--single-process']);

/** What a run without faults gives, and each batch once in the metrics. */
async function isUnharmed(t: Test, cluster: Cluster, result: TrainResult): Promise<void> {
  const { weightsSha256, testError, images } = await expected;
  t.equal(result.outcome, 'completed');
  t.equal(result.weightsSha256, weightsSha256);
  t.equal(result.testError, testError);
  t.equal(result.images, images);
  const counted = metricsOf(cluster.run ?? '');
  t.equal(new Set(counted).size, counted.length, 'no metrics twice');
}

interface Training {
  readonly cluster: Cluster;
  /** The coordinator's machine. */
  readonly centre: Host;
  /** The machine that gets into trouble, with a node and its stages. */
  readonly host: Host;
  readonly node: Command;
  readonly result: Promise<TrainResult>;
}

/** A training over three machines that is under way. */
async function training(t: Test): Promise<Training> {
  const [centre, host, second, third, operator] = makeHosts(t, 5) as [Host, Host, Host, Host, Host];
  const cluster = await Cluster.open(t, centre);
  const [node] = await Promise.all([
    // Nobody is at the first address: what its neighbours call it by must not hang on that.
    cluster.node(NAMES[0], host, ...SLOTS, '--coordinator', `wss://${centre.address}:1,${cluster.address}`),
    cluster.node(NAMES[1], second, ...SLOTS),
    cluster.node(NAMES[2], third, ...SLOTS),
  ]);
  const result = cluster.ask<TrainResult>(operator, ON_COORDINATOR);
  await cluster.learning();
  return { cluster, centre, host, node, result };
}

t.test('a node dies, another one takes its place, and the same numbers are learned', ON_HOSTS, async (t) => {
  const { cluster, host, node, result } = await training(t);
  const stages = loggedStages(cluster.run ?? '');
  node.kill('SIGKILL');
  await until('the end of the stages of that life', () => [...stages.values()].every((pid) => !isAlive(pid)));
  await cluster.node('another', host, ...SLOTS);
  const ended = await result;
  await isUnharmed(t, cluster, ended);
  t.ok(ended.restarts > 0, `${ended.restarts} restarts`);
  t.same([...new Set(ended.stages.map((stage) => stage.node))].sort(), ['another', ...NAMES.slice(1)]);
});

for (const [name, cut, mend] of [
  ['is cut off', (host: Host) => host.cut(), (host: Host) => host.mend()],
  [
    'is not heard by the coordinator',
    (host: Host, centre: Host) => host.cutTowards(centre),
    (host: Host, centre: Host) => host.mendTowards(centre),
  ],
] as const) {
  t.test(`a node ${name} for a while, joins again, and the same numbers are learned`, ON_HOSTS, async (t) => {
    const { cluster, centre, host, node, result } = await training(t);
    cut(host, centre);
    await until('the coordinator to miss it', () => cluster.log().some((line) => line.includes('going back to the')));
    mend(host, centre);
    await until('the node to come back', () => (node.stdout.match(/^joined /gm) ?? []).length > 1);
    t.match(node.stdout, /^lost wss:.+All stages have been stopped; rejoining$/m);
    const ended = await result;
    await isUnharmed(t, cluster, ended);
    t.ok(ended.restarts > 0, `${ended.restarts} restarts`);
  });
}

t.test('the coordinator dies and is started again, and the same numbers are learned', async (t) => {
  const cluster = await Cluster.open(t);
  await Promise.all(NAMES.map((name) => cluster.node(name, undefined, ...SLOTS)));
  const followed = cluster.operate(undefined, ON_COORDINATOR);
  await cluster.learning();
  const stages = loggedStages(cluster.run ?? '');
  cluster.coordinator.kill('SIGKILL');
  const { code, stderr } = await followed;
  t.equal(code, 1);
  t.match(stderr, /^layerline: Lost the coordinator: .+ follow it again with layerline attach \S+\n$/);
  await until('the end of all stages', () => [...stages.values()].every((pid) => !isAlive(pid)));
  await cluster.startCoordinator();
  const run = basename(cluster.run ?? '');
  await until('the run to be taken up', () => cluster.coordinator.stdout.includes(`run ${run}: taken up again`));
  const ended = await cluster.ask<TrainResult>(undefined, ['attach', run]);
  await isUnharmed(t, cluster, ended);
});
