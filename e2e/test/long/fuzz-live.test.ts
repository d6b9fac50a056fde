import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import t from 'tap';
import type { Test } from 'tap';
import { Attacker } from '../support/attack.js';
import { json, QUICK, start } from '../support/layerline.js';
import type { Command, TrainResult } from '../support/layerline.js';
import { isAlive, until } from '../support/processes.js';

const REQUESTS = Number(process.env['LAYERLINE_FUZZ_RUNS'] ?? 400);
const CONVERSATIONS = Math.ceil(REQUESTS / 4);
const SEED = Number(process.env['LAYERLINE_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const AT_ONCE = 8;
const DAWDLERS = 200;
/** What attacks may leave in the coordinator's memory, garbage that is not collected yet and all. */
const MOST_GROWTH_BYTES = 128 * 2 ** 20;
const CONTROL = 'layerline-control.6';
/** Close codes: wrong by the protocol, not wanted, no valid UTF-8, too large. */
const REFUSALS = [1002, 1007, 1008, 1009];

const packr = new Packr({ useRecords: false, useBigIntExtension: true });
const values = fc.anything({ maxDepth: 3, withBigInt: true, withTypedArray: true });

interface Status {
  readonly nodes: readonly { readonly name: string }[];
}

interface Cluster {
  readonly cwd: string;
  readonly coordinator: Command;
  readonly port: number;
  readonly tokens: Readonly<Record<'node' | 'operator' | 'viewer', string>>;
}

/** A coordinator and a node that has joined it, as their commands start them. */
async function cluster(t: Test): Promise<Cluster> {
  const cwd = t.testdir();
  const coordinator = start(t, ['coordinator', '--port', '0', '--out', 'runs'], { cwd });
  await until('the coordinator', () => coordinator.stdout.includes('To train, here'));
  const folder = join(cwd, 'layerline', 'coordinator');
  const [, address = ''] = / at (ws:\S+), runs in /.exec(coordinator.stdout) ?? [];
  const token = (role: string): string => readFileSync(join(folder, `${role}.token`), 'utf8').trim();
  const tokens = { node: token('node'), operator: token('operator'), viewer: token('viewer') };
  const node = start(t, ['node', '--name', 'node-1', '--slots', '8', '--data-ports', 'any'], { cwd });
  while ((await json<Status>(t, ['status'], { cwd })).nodes.length === 0) {
    if (!isAlive(node.pid)) throw new Error(`The node has ended: ${node.stderr}`);
  }
  return { cwd, coordinator, port: Number(new URL(address).port), tokens };
}

/** Resident memory of a process in bytes, where the system has /proc. */
function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** Tries everything that an arbitrary makes, several at once. @param attack throws where the server did wrong */
async function attack<Try>(
  tries: fc.Arbitrary<Try>,
  count: number,
  attack: (one: Try) => Promise<void>,
): Promise<void> {
  const all = fc.sample(tries, { numRuns: count, seed: SEED });
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, lane) => {
      for (let index = lane; index < all.length; index += AT_ONCE) await attack(all[index] as Try);
    }),
  );
}

const segment = fc.oneof(
  fc.constantFrom('%zz', '%', '%00', '%ff', '..', '%2e%2e%2f', '', '*', 'x'.repeat(3_000), '__proto__', '0.0', '1e400'),
  fc.constantFrom(
    'api',
    'parts',
    'runs',
    'nodes',
    'status',
    'events',
    'log',
    'model',
    'snapshots',
    'drain',
    'snapshot',
  ),
  fc.string({ maxLength: 12 }).map(encodeURIComponent),
);
const path = fc.oneof(
  fc.array(segment, { maxLength: 7 }).map((segments) => `/${segments.join('/')}`),
  fc.tuple(segment, segment, segment).map(([run, life, part]) => `/parts/${run}/${life}/model/${part}`),
  fc.tuple(segment, segment).map(([run, action]) => `/api/runs/${run}/${action}?stage=%zz&lines=-1e9`),
  fc.constantFrom('//', '/api/runs', '/api/nodes/%zz/drain', '/control', 'http://[', '*', '/parts/%zz/0.0/model/%zz'),
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json(),
  fc.constantFrom('', '{', '[]', '['.repeat(100_000), '{"layers":'.repeat(20_000), ' '.repeat(400_000), 'null'),
  fc.record({ dataset: values, layers: values, epochs: values, __proto__: values }).map((config) => {
    return JSON.stringify(config, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
  }),
);

function requests({ tokens, port }: Cluster) {
  const token = fc.constantFrom(...Object.values(tokens), 'x', '', 'x'.repeat(500));
  const header = fc.oneof(
    fc.constantFrom('Origin: http://a.example', 'Host: a.example', 'Upgrade: websocket', 'Transfer-Encoding: chunked'),
    fc.constantFrom('Content-Length: 99999999999', 'Content-Length: -1', `X: ${'x'.repeat(40_000)}`, 'no header'),
    fc.constantFrom('Sec-WebSocket-Key: x', 'Sec-WebSocket-Version: 99', 'Connection: upgrade', 'Content-Digest: x'),
  );
  return fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'BREW', ''),
    path,
    body,
    headers: fc.tuple(token, fc.oneof(fc.constant([]), fc.array(header, { maxLength: 2 }))).map(([token, more]) => {
      return [`Host: 127.0.0.1:${port}`, `Authorization: Bearer ${token}`, ...more];
    }),
    /** Whether the length of the body is given, and right. */
    honest: fc.boolean(),
  });
}

/** Conversations of a peer that has the token of nodes, none of which leads to a node that has joined. */
const messages = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ maxLength: 50 }),
    values.map((value) => new Uint8Array(packr.pack(value))),
    fc
      .tuple(fc.constantFrom('join', 'started', 'event', 'line', 'exited', 'refused', 'probed', 'x'), values)
      .map(([type, value]) => new Uint8Array(packr.pack({ type, task: 'a', name: value, probe: value, event: value }))),
    fc.constantFrom(Buffer.alloc(300_000), Buffer.alloc(100_000, 0x91), Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])),
  ),
  { maxLength: 4 },
);

const options = process.platform === 'linux' ? {} : { skip: 'memory is read from /proc' };
t.test('a coordinator under attack goes on as if nothing was', options, async (t) => {
  t.comment(`${REQUESTS} requests and ${CONVERSATIONS} conversations, seed ${SEED}`);
  const started = await cluster(t);
  const { cwd, coordinator, port, tokens } = started;
  const train = (): Promise<TrainResult> => json(t, ['train', '--coordinator', ...QUICK, '--quiet'], { cwd });
  const undisturbed = await train();
  const attacker = new Attacker(port);
  t.teardown(() => attacker.close());
  const before = memoryOf(coordinator.pid);
  const said = coordinator.stderr;

  const disturbed = train();
  await attacker.dawdle(DAWDLERS);
  const statuses = new Map<number, number>();
  await attack(requests(started), REQUESTS, async ({ method, path, headers, body, honest }) => {
    const all = honest ? [...headers, `Content-Length: ${Buffer.byteLength(body)}`] : headers;
    const status = await attacker.request(method, path, all, body);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status >= 500) t.fail(`${method} ${path} was answered with ${status}`, { headers, body });
  });
  t.comment(`answers by status: ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(', ')}`);
  t.ok([400, 401, 403, 404].every((status) => (statuses.get(status) ?? 0) > 0));

  await attack(messages, CONVERSATIONS, async (messages) => {
    const { code } = await attacker.talk(CONTROL, tokens.node, [...messages, Buffer.of(0xc1)]);
    if (!REFUSALS.includes(code)) t.fail(`a conversation ended with ${code}`, { messages });
  });
  for (const token of ['x', tokens.viewer, tokens.operator]) {
    t.equal((await attacker.talk(CONTROL, token, [])).code, 1006, 'no handshake with the token of another role');
  }

  t.equal((await disturbed).weightsSha256, undisturbed.weightsSha256, 'the numbers are the same');
  await t.test('a node joins once, by a version that is the same', (t) => joins(t, started, attacker));
  t.same(
    (await json<Status>(t, ['status'], { cwd })).nodes.map(({ name }) => name),
    ['node-1'],
    'nobody else has joined',
  );
  await until('the end of those who dawdle', () => attacker.connections === 0);
  t.ok(isAlive(coordinator.pid));
  t.equal(coordinator.stderr, said, 'no error of its own');
  const growth = memoryOf(coordinator.pid) - before;
  t.comment(`resident memory has grown by ${(growth / 2 ** 20).toFixed(1)} MiB`);
  t.ok(growth < MOST_GROWTH_BYTES, `${growth} bytes`);
});

async function joins(t: Test, { port, tokens }: Cluster, attacker: Attacker): Promise<void> {
  const headers = { authorization: `Bearer ${tokens.viewer}` };
  const health = await fetch(`http://127.0.0.1:${port}/api/health`, { headers });
  const { version } = (await health.json()) as { version: string };
  const capabilities = {
    ...{ host: 'ghost', ports: { from: 0, to: 0 }, dialsOut: false, cores: 1, memory: 1, slots: 1 },
    ...{ engines: [], datasets: [], programs: [] },
  };
  const join = (name: string, version: string): Uint8Array =>
    new Uint8Array(packr.pack({ type: 'join', name, instance: 'i', version, capabilities }));
  const other = await attacker.talk(CONTROL, tokens.node, [join('ghost', '語'.repeat(100))]);
  t.equal(other.code, 1008);
  t.match(other.reason, `this coordinator is version ${version}, and the node is 語`);
  const twice = await attacker.talk(CONTROL, tokens.node, [join('ghost-1', version), join('ghost-2', version)]);
  t.equal(twice.code, 1008);
}
