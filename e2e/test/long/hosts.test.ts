import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Test } from 'tap';
import { Cluster } from '../support/cluster.js';
import type { SeenNode } from '../support/cluster.js';
import { makeHosts, NO_HOSTS } from '../support/hosts.js';
import type { Host } from '../support/hosts.js';
import { json, layerline, start } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { until } from '../support/processes.js';

const NETWORK = ['--dataset', 'digits', '--layers', '64,48,32', '--engine', 'onnx', '--threads', '1'];
const QUICK = [...NETWORK, '--epochs', '1', '--batch', '500'];
/** With two for a node, the five stages of the network take three nodes. */
const SLOTS = ['--slots', '2'];
/** As many ports as slots, in front of which a slow link can stand. */
const PORTS = '7900-7901';
const SLOW_LINK = fileURLToPath(new URL('../support/slow-link.js', import.meta.url));
const ON_HOSTS = { skip: NO_HOSTS };

/** What a training in one process on this machine gives. */
function alone(t: Test): Promise<TrainResult> {
  return json<TrainResult>(t, ['train', ...QUICK, '--single-process', '--quiet']);
}

interface HostCluster {
  readonly cluster: Cluster;
  readonly nodes: readonly Host[];
  readonly operator: Host;
}

/** A coordinator, three machines that may be nodes, and one of an operator. */
async function onHosts(t: Test, hosts = makeHosts(t, 5)): Promise<HostCluster> {
  const [first, ...others] = hosts as [Host, ...Host[]];
  const cluster = await Cluster.open(t, first);
  return { cluster, nodes: others.slice(0, 3), operator: others[3] as Host };
}

function isSame(t: Test, result: TrainResult, expected: TrainResult): void {
  t.equal(result.outcome, 'completed');
  t.equal(result.weightsSha256, expected.weightsSha256);
  t.equal(result.testError, expected.testError);
  t.same(result.perLayerError, expected.perLayerError);
  t.equal(result.numerics, expected.numerics);
  t.equal(new Set(result.stages.map(({ node }) => node)).size, 3, 'over three nodes');
}

t.test('a training over five hosts learns the same numbers, and lets nobody in', ON_HOSTS, async (t) => {
  const { cluster, nodes, operator } = await onHosts(t);
  await Promise.all(nodes.map((host, index) => cluster.node(`node-${index + 1}`, host, ...SLOTS)));

  const joined = await cluster.ask<SeenNode[]>(operator, ['nodes']);
  await Promise.all(
    nodes.map(async (host, index) => {
      const name = `node-${index + 1}`;
      const asked = ['doctor', ...cluster.way('node', name)];
      const findings = await json<{ check: string; verdict: string }[]>(t, asked, cluster.machine(name, host));
      const bad = findings.filter(({ verdict }) => verdict === 'bad');
      t.same(bad, [], `${name} is healthy`);
      const neighbours = findings.filter(({ check }) => check.startsWith('way to ')).map(({ check }) => check);
      t.same(neighbours.sort(), joined.map((node) => `way to ${node.name}`).sort());
    }),
  );
  isSame(t, await cluster.ask<TrainResult>(operator, ['train', ...QUICK, '--quiet', '--coordinator']), await alone(t));

  const stranger = cluster.machine('stranger', operator);
  const token = cluster.token('node', 'stranger');
  const wrong = join(stranger.cwd, 'wrong.token');
  writeFileSync(wrong, `${'a'.repeat(43)}\n`, { mode: 0o600 });
  const pin = ['--fingerprint', cluster.fingerprint ?? ''];
  const refusals: [string, string, readonly string[], RegExp][] = [
    ['a wrong token', cluster.address, [...pin, '--token-file', wrong], /token/],
    ['a wrong fingerprint', cluster.address, ['--fingerprint', 'ab'.repeat(32), '--token-file', token], /fingerprint/],
    ['no fingerprint', cluster.address, ['--token-file', token], /self-signed/],
    ['no TLS', cluster.address.replace('wss:', 'ws:'), ['--token-file', token], /would send the token unencrypted/],
  ];
  for (const [name, address, options, says] of refusals) {
    await Promise.all(
      ['node', 'status'].map(async (command) => {
        const { code, stderr } = await layerline(t, [command, '--coordinator', address, ...options], stranger);
        t.not(code, 0, `${command} with ${name}`);
        t.match(stderr, /^layerline: [^\n]+\n$/);
        t.match(stderr, says);
      }),
    );
  }
});

t.test('the same where hosts know each other by IPv6', ON_HOSTS, async (t) => {
  const { cluster, nodes, operator } = await onHosts(
    t,
    makeHosts(t, 5).map((host) => host.withIpv6()),
  );
  await Promise.all(nodes.map((host, index) => cluster.node(`node-${index + 1}`, host, ...SLOTS)));
  isSame(t, await cluster.ask<TrainResult>(operator, ['train', ...QUICK, '--quiet', '--coordinator']), await alone(t));
});

t.test('the same over slow links', ON_HOSTS, async (t) => {
  const { cluster, nodes, operator } = await onHosts(t);
  await Promise.all(
    nodes.map(async (host, index) => {
      const link = start(t, [host.address, PORTS], {
        ...cluster.machine(`link-${index + 1}`, host),
        program: SLOW_LINK,
      });
      await until('the slow link', () => link.stdout === 'ready\n');
      // The stages cannot be reached but through it.
      const ports = ['--bind', '127.0.0.1', '--data-ports', PORTS, '--advertise', host.address];
      await cluster.node(`node-${index + 1}`, host, ...SLOTS, ...ports);
    }),
  );
  isSame(t, await cluster.ask<TrainResult>(operator, ['train', ...QUICK, '--quiet', '--coordinator']), await alone(t));
});

t.test('the same where a node in the middle can only dial', ON_HOSTS, async (t) => {
  const { cluster, nodes, operator } = await onHosts(t);
  const [first, middle, last] = nodes as [Host, Host, Host];
  // Nobody could dial its stages: they would listen where others do not get.
  const dialsOut = ['--dial-out', '--bind', '127.0.0.1'];
  await Promise.all([
    cluster.node('first', first, ...SLOTS),
    cluster.node('middle', middle, ...SLOTS, ...dialsOut),
    cluster.node('last', last, ...SLOTS),
  ]);
  const placement = 'feeder=first,layer-1=first,layer-2=middle,layer-3=last,evaluator=last';
  const training = ['train', ...QUICK, '--placement', placement, '--quiet', '--coordinator'];
  isSame(t, await cluster.ask<TrainResult>(operator, training), await alone(t));
});
