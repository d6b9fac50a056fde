import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { connectionOf, connectionsOf } from '../src/client/connection.js';
import { liveCoordinators, register } from '../src/client/coordinators.js';

const TOKENS = { node: 'n'.repeat(16), operator: 'o'.repeat(16), viewer: 'v'.repeat(16) };
const TRAINING = { kind: 'training', address: 'ws://127.0.0.1:4001', tokens: TOKENS } as const;
const CLUSTER = {
  kind: 'cluster',
  address: 'wss://10.0.0.1:7878',
  fingerprint: 'ab'.repeat(32),
  tokens: TOKENS,
} as const;
const NO_PROCESS = 2 ** 22 + 1;

t.beforeEach((t) => {
  process.env['XDG_DATA_HOME'] = t.testdir();
});

const folder = (): string => join(process.env['XDG_DATA_HOME'] ?? '', 'layerline', 'coordinators');

t.test('a coordinator is found from when it registers until it leaves, by its own user alone', (t) => {
  t.same(liveCoordinators(), []);
  const leave = register(TRAINING);
  t.match(liveCoordinators(), [TRAINING]);
  const [file = ''] = readdirSync(folder());
  t.equal(statSync(join(folder(), file)).mode & 0o777, 0o600);
  t.equal(statSync(folder()).mode & 0o777, 0o700);
  leave();
  t.same(liveCoordinators(), []);
  t.same(readdirSync(process.env['XDG_DATA_HOME'] ?? ''), [], 'nothing is left');
  t.end();
});

t.test('one whose process is gone is forgotten, and what is no registration is passed over', (t) => {
  mkdirSync(folder(), { recursive: true });
  const put = (name: string, content: unknown): void => writeFileSync(join(folder(), name), JSON.stringify(content));
  put('gone.json', { ...TRAINING, pid: NO_PROCESS, host: hostname() });
  put('other.json', { address: 7 });
  put('no-address.json', { ...CLUSTER, address: 'desk', pid: 1, host: 'another-machine' });
  if (process.platform !== 'win32') execFileSync('mkfifo', [join(folder(), 'pipe.json')]);
  put('there.json', { ...CLUSTER, pid: process.pid, host: hostname() });
  put('far.json', { ...CLUSTER, address: 'wss://10.0.0.2:7878', pid: 1, host: 'another-machine' });
  put('beyond-reach.json', { ...TRAINING, pid: 1, host: 'another-machine' });
  const addresses = liveCoordinators().map(({ address }) => address);
  t.same(addresses.sort(), ['wss://10.0.0.1:7878', 'wss://10.0.0.2:7878']);
  t.notOk(readdirSync(folder()).includes('gone.json'));
  t.end();
});

t.test('commands find the coordinator that is meant', (t) => {
  const ours = (environment = {}): string[] =>
    connectionsOf({}, 'viewer', environment).flatMap(({ addresses }) => addresses);
  const none = { code: 'ERR_CONFIG', message: /^coordinator: none of yours is running here/ };
  t.throws(() => connectionsOf({}, 'viewer', {}), none);
  t.throws(() => connectionsOf({}, 'viewer', { LAYERLINE_COORDINATOR: '' }), none, 'empty is as good as unset');
  t.throws(() => connectionOf({}, 'operator', {}), {
    code: 'ERR_CONFIG',
    message: /^coordinator: none is running here/,
  });
  const leave = [register(TRAINING)];
  t.same(ours(), [TRAINING.address]);
  t.throws(() => connectionOf({}, 'operator', {}), { code: 'ERR_CONFIG' }, 'a training takes no runs and no nodes');
  leave.push(register(CLUSTER));
  t.same(ours().sort(), [TRAINING.address, CLUSTER.address]);
  const { fingerprint } = CLUSTER;
  t.same(connectionOf({}, 'operator', {}), {
    addresses: [CLUSTER.address],
    trust: { fingerprint },
    token: TOKENS.operator,
  });
  t.same(
    connectionOf({ coordinator: CLUSTER.address }, 'viewer', {}),
    { addresses: [CLUSTER.address], trust: { fingerprint }, token: TOKENS.viewer },
    'named by its address, it is known all the same',
  );
  t.same(ours({ LAYERLINE_COORDINATOR: TRAINING.address }), [TRAINING.address], 'what is named is the only one');
  leave.push(register({ ...CLUSTER, address: 'wss://10.0.0.1:7979' }));
  t.throws(() => connectionOf({}, 'operator', {}), {
    message: /^coordinator: several of yours are running here.*:7878.*:7979|:7979.*:7878/,
  });
  for (const end of leave) end();
  t.end();
});
