import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentDigest } from '@layerline/security';
import { pack } from 'msgpackr';
import t from 'tap';
import type { Test } from 'tap';
import { Cluster } from '../support/cluster.js';
import { NETWORK } from '../support/hostile.js';
import { HostileNode, slander } from '../support/hostile-node.js';
import type { Door, Guise } from '../support/hostile-node.js';
import { start } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { readLines } from '../support/run-folder.js';

const TRAIN = ['train', ...NETWORK];
const GARBAGE = Buffer.from('garbage');
const DEPTH = 5_000;
const PROTOCOL_ERROR = 1002;
const POLICY = 1008;
const TOO_LARGE = 1009;

/** A cluster of one honest node, and a run on it that nobody may disturb. */
interface Scene {
  readonly cluster: Cluster;
  readonly door: Door;
  /** What a node of another name passes for. */
  readonly guise: Omit<Guise, 'name'>;
  readonly innocent: string;
  readonly result: Promise<TrainResult>;
}

interface Status {
  readonly version: string;
  readonly nodes: readonly { readonly name: string }[];
  readonly runs: readonly { readonly id: string; readonly numerics: string | null; readonly state: string }[];
}

async function opened(t: Test): Promise<Scene> {
  const cluster = await Cluster.open(t);
  await cluster.node('box', undefined, '--slots', '20');
  const args = [...TRAIN, '--epochs', '30', '--snapshot-every', '20', '--json', ...cluster.way('operator', 'operator')];
  const innocent = start(t, args, cluster.machine('operator'));
  const result = innocent.ended.then(({ stdout }) => JSON.parse(stdout) as TrainResult);
  await cluster.learning();
  const { version, runs } = await cluster.ask<Status>(undefined, ['status']);
  const [run] = runs;
  if (typeof run?.numerics !== 'string') throw new Error('the innocent run has not begun');
  const door = { address: cluster.address, token: readFileSync(cluster.token('node', 'ghost'), 'utf8').trim() };
  return { cluster, door, guise: { version, numerics: run.numerics }, innocent: run.id, result };
}

await t.test('a hostile node harms the runs that it takes part in, and nobody else', async (t) => {
  const scene = await opened(t);
  const { cluster, door, guise } = scene;
  await t.test('a name that is taken stays with whoever has it', (t) => takenName(t, scene));

  await t.test('what is no message ends the connection, with the reason', async (t) => {
    const deep = Buffer.concat([Buffer.alloc(DEPTH, 0x91), Buffer.of(0xc0)]);
    const join = { type: 'join', instance: 'i', ...guise };
    const cases: Record<string, readonly [said: Uint8Array | string, code: number, reason: RegExp]> = {
      'a message that is cut short': [pack('hello').subarray(0, 3), PROTOCOL_ERROR, /^A message is not MessagePack/],
      text: ['hello', PROTOCOL_ERROR, /^A message is /],
      'an unknown message': [pack({ type: 'give' }), PROTOCOL_ERROR, /^A message is wrong at type/],
      'a key too many': [
        pack({ type: 'exited', task: 'a', code: 0, signal: null, tail: [], x: 1 }),
        PROTOCOL_ERROR,
        /wrong/,
      ],
      'a node without a name': [pack({ ...join, name: '' }), PROTOCOL_ERROR, /^A message is wrong at name/],
      'a message that is too deep': [deep, PROTOCOL_ERROR, /nested more than 32 levels deep/],
      'a message that is too long': [Buffer.alloc(300_000), TOO_LARGE, /^$/],
    };
    for (const [what, [said, code, reason]] of Object.entries(cases)) {
      const node = await HostileNode.connect(door);
      node.socket.send(said);
      t.match(await node.ended, { code, reason }, what);
    }
    const talker = await HostileNode.connect(door);
    for (let count = 0; count < 12_000; count++) talker.say({ type: 'probed', probe: count, numerics: 'x' });
    t.match(await talker.ended, { code: POLICY, reason: 'it sends more than 1000 messages a second' });
    const twice = await HostileNode.connect(door);
    twice.join({ name: 'twice', ...guise });
    twice.join({ name: 'thrice', ...guise });
    t.match(await twice.ended, { code: POLICY, reason: 'twice has joined already' });
  });

  await t.test('what it says of the stages of others is not heard', async (t) => {
    for (const stage of ['feeder', 'layer-1', 'evaluator']) {
      const node = await HostileNode.connect(door);
      // Before it has joined too.
      for (const message of slander(`${scene.innocent}/0.0/${stage}`)) node.say(message);
      node.join({ name: 'slanderer', ...guise });
      await node.hears('welcome');
      for (const message of slander(`${scene.innocent}/0.0/${stage}`)) node.say(message);
      t.match(await node.leave(), { code: PROTOCOL_ERROR });
    }
    t.notOk(
      cluster.log().some((msg) => msg.includes('all is lost')),
      'not even in the log',
    );
  });

  await t.test('a ticket is good for the parts of its own stage, and only for sound ones', (t) => tickets(t, scene));

  const { runs } = await cluster.ask<Status>(undefined, ['status']);
  t.match(
    runs.find(({ id }) => id === scene.innocent),
    { state: 'running' },
    'all of that was beside it',
  );
  const { outcome, restarts, exact } = await scene.result;
  t.same({ outcome, restarts, exact }, { outcome: 'completed', restarts: 0, exact: true });
  const { nodes } = await cluster.ask<Status>(undefined, ['status']);
  t.same(
    nodes.map(({ name }) => name),
    ['box'],
  );
});

async function takenName(t: Test, { cluster, door, guise }: Scene): Promise<void> {
  const reason = /a node named box is here already, on 127\.0\.0\.1: give this one another --name/;
  const impostor = start(t, ['node', ...cluster.way('node', 'impostor'), '--name', 'box'], cluster.machine('impostor'));
  // Should the first one ever be gone, this one may have its place.
  await until(`the refusal: ${impostor.stderr}`, () => reason.test(impostor.stdout));
  t.match(impostor.stdout, '; trying again until it answers');
  impostor.kill('SIGKILL');
  await impostor.ended;
  t.notMatch(impostor.stdout, 'joined');
  const raw = await HostileNode.connect(door);
  raw.join({ name: 'box', ...guise });
  t.match(await raw.ended, { code: POLICY, reason });
}

async function tickets(t: Test, { cluster, door, guise, innocent }: Scene): Promise<void> {
  const ghost = await HostileNode.connect(door);
  ghost.join({ name: 'ghost', ...guise });
  await ghost.hears('welcome');
  const others = ['feeder', 'layer-1', 'layer-3', 'evaluator'].map((stage) => `${stage}=box`);
  const args = [...TRAIN, '--placement', ['layer-2=ghost', ...others].join(), '--detach'];
  const { run } = await cluster.ask<{ run: string }>(undefined, args);
  const { task, assignment } = await ghost.hears('start');
  t.equal(task, `${run}/0.0/layer-2`);

  const origin = door.address.replace(/^ws/, 'http');
  const { path, secret } = assignment.store;
  const ask = async (
    method: string,
    path: string,
    token = secret,
    digest = contentDigest(GARBAGE),
  ): Promise<string> => {
    const headers = { authorization: `Bearer ${token}`, 'content-digest': digest };
    const answer = await fetch(origin + path, { method, headers, ...(method === 'PUT' ? { body: GARBAGE } : {}) });
    return `${answer.status} ${await answer.text()}`;
  };
  const of = (stage: string, run: string): string => `/parts/${run}/0.0/snapshots/20/${stage}`;
  for (const method of ['PUT', 'GET']) {
    for (const stage of ['feeder', 'layer-1', 'layer-2', 'evaluator']) {
      t.equal(await ask(method, of(stage, innocent)), '403 the token is wrong', `${method} ${stage} of another run`);
      t.equal(await ask(method, of(stage, innocent), door.token), '403 the token is wrong', "with the node's token");
      if (stage === 'layer-2') continue;
      t.equal(await ask(method, of(stage, run)), '403 the token is wrong', `${method} ${stage} of its own run`);
    }
  }
  t.match(await ask('GET', '/api/runs'), /^401 .*ERR_UNAUTHENTICATED/, 'the interface');
  t.match(await ask('GET', `/api/runs/${innocent}/log`), /^401 /, 'the log of another run');
  t.match(
    await ask('PUT', of('layer-2', run)),
    /^400 .*layer-2 of the snapshot at step 20/,
    'its own part, which is none',
  );
  t.match(await ask('PUT', `${path}/model/layer-2`), /^400 /);
  t.equal(await ask('PUT', of('layer-2', run), secret, 'sha-256=:x:'), '400 the digest does not match the content');
  t.equal(await ask('PUT', `/parts/${run}/0.1/model/layer-2`), '409 the run is in generation 0.0 now');

  t.equal((await cluster.operate(undefined, ['stop', run])).code, 0);
  ghost.socket.terminate();
  const log = readLines(join(cluster.machine('coordinator').cwd, 'runs', innocent, 'log.jsonl'));
  t.notOk(log.some(({ msg }) => String(msg).includes('going back')));
}
