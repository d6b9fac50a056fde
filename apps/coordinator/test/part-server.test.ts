import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StagePlan } from '@layerline/plan';
import { bearer } from '@layerline/security';
import t from 'tap';
import type { Test } from 'tap';
import { PartServer } from '../src/part-server.js';
import type { PartKeeper } from '../src/part-server.js';

const HOST = '127.0.0.1';
const STAGES: StagePlan[] = [
  { stage: 'feeder', role: 'feeder', layer: undefined, range: undefined, program: undefined },
  { stage: 'layer-1', role: 'layer', layer: 0, range: { from: 0, to: 10 }, program: undefined },
  { stage: 'layer-2', role: 'layer', layer: 1, range: { from: 0, to: 10 }, program: 'own' },
  { stage: 'evaluator', role: 'evaluator', layer: undefined, range: undefined, program: undefined },
];
const LIFE = { run: 'run-1', incarnation: 2, generation: 3 };
const digestOf = (text: string): string => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`;

const refuse = async (): Promise<never> => {
  throw new Error('this life has no parts');
};
const KEEPS_NOTHING: PartKeeper = {
  largestPartBytes: 100,
  putModel: refuse,
  putSnapshot: refuse,
  readSnapshot: refuse,
  looks: { mostBytes: 50, put: refuse },
};

interface Served {
  readonly parts: PartServer;
  readonly kept: Map<string, string>;
  readonly server: Server;
  readonly origin: string;
}

async function serve(t: Test): Promise<Served> {
  const kept = new Map<string, string>();
  const keeper: PartKeeper = {
    largestPartBytes: 100,
    putModel: async (part, bytes) => void kept.set(part, Buffer.from(bytes).toString()),
    putSnapshot: async (step, part, bytes) => {
      if (part === 'evaluator') throw new Error('the disk is full');
      kept.set(`${step} ${part}`, Buffer.from(bytes).toString());
    },
    readSnapshot: async (step, part) => Buffer.from(kept.get(`${step} ${part}`) ?? ''),
    looks: { mostBytes: 50, put: async (id, bytes) => void kept.set(`look ${id}`, Buffer.from(bytes).toString()) },
  };
  const parts = new PartServer([HOST]);
  parts.open(LIFE, keeper, STAGES);
  const server = createServer((request, response) => void parts.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  t.teardown(() => server.close());
  return { parts, kept, server, origin: `http://${HOST}:${(server.address() as AddressInfo).port}` };
}

const put = (url: string, ticket: string, body: string, digest = digestOf(body)): Promise<Response> =>
  fetch(url, { method: 'PUT', body, headers: { 'content-digest': digest, authorization: bearer(ticket) } });
const get = (url: string, ticket: string): Promise<Response> =>
  fetch(url, { headers: { authorization: bearer(ticket) } });

t.test('parts go in and come out again, each with its digest', async (t) => {
  const { parts, kept, origin } = await serve(t);
  const url = origin + PartServer.path(LIFE);
  const ticket = parts.ticket(LIFE, 'layer-1');
  t.equal((await put(`${url}/model/layer-1`, ticket, 'weights')).status, 204);
  t.equal((await put(`${url}/snapshots/40/layer-1`, ticket, 'state')).status, 204);
  t.same(
    [...kept],
    [
      ['layer-1', 'weights'],
      ['40 layer-1', 'state'],
    ],
  );
  const got = await get(`${url}/snapshots/40/layer-1`, ticket);
  t.equal(got.headers.get('content-digest'), digestOf('state'));
  t.equal(await got.text(), 'state');
});

t.test('looks come from the evaluator alone, each under its number, and are not given out', async (t) => {
  const { parts, kept, origin } = await serve(t);
  const url = `${origin}${PartServer.path(LIFE)}/looks`;
  const ticket = parts.ticket(LIFE, 'evaluator');
  t.equal((await put(`${url}/7/evaluator`, ticket, 'seen')).status, 204);
  t.equal((await put(`${url}/8/evaluator`, ticket, 'x'.repeat(51))).status, 507, 'too large');
  t.equal((await put(`${url}/x/evaluator`, ticket, 'seen')).status, 403, 'without a number');
  t.equal((await get(`${url}/7/evaluator`, ticket)).status, 405);
  t.equal((await put(`${url}/7/layer-1`, parts.ticket(LIFE, 'layer-1'), 'seen')).status, 403);
  t.same([...kept], [['look 7', 'seen']]);
});

t.test('what cannot be taken is refused with the reason', async (t) => {
  const { parts, kept, origin } = await serve(t);
  const url = origin + PartServer.path(LIFE);
  const [layer, evaluator] = ['layer-1', 'evaluator'].map((stage) => parts.ticket(LIFE, stage)) as [string, string];
  const answer = async (response: Promise<Response>): Promise<[number, string]> => [
    (await response).status,
    await (await response).text(),
  ];
  const older = origin + PartServer.path({ ...LIFE, generation: 2 });
  t.same(await answer(put(`${older}/model/layer-1`, layer, 'old')), [409, 'the run is in generation 2.3 now']);
  t.same(await answer(put(`${url}/model/layer-1`, layer, 'x', digestOf('y'))), [
    400,
    'the digest does not match the content',
  ]);
  t.same(await answer(put(`${url}/snapshots/1/evaluator`, evaluator, 'x')), [507, 'the disk is full']);
  t.same(await answer(put(`${url}/model/layer-1`, layer, 'x'.repeat(101))), [
    507,
    'no part of this run has more than 100 bytes',
  ]);
  t.equal((await get(`${url}/model/layer-1`, layer)).status, 405, 'a model is not given out');
  parts.close(LIFE.run);
  t.equal((await put(`${url}/model/layer-1`, layer, 'late')).status, 403);
  t.equal(kept.size, 0);
});

t.test("a ticket is good for its stage's own parts in its life, and for what its role stores", async (t) => {
  const { parts, kept, origin } = await serve(t);
  const url = origin + PartServer.path(LIFE);
  const of = (stage: string): string => parts.ticket(LIFE, stage);
  parts.open({ ...LIFE, run: 'other' }, KEEPS_NOTHING, STAGES);
  const foreign = parts.ticket({ ...LIFE, run: 'other' }, 'layer-1');
  const wrong: Record<string, [url: string, ticket: string]> = {
    "a neighbour's": [`${url}/snapshots/1/layer-1`, of('feeder')],
    "another run's": [`${url}/snapshots/1/layer-1`, foreign],
    none: [`${url}/snapshots/1/layer-1`, 'x'],
    'of a program that keeps nothing': [`${url}/snapshots/1/layer-2`, of('layer-2')],
    'of the feeder, for a model': [`${url}/model/feeder`, of('feeder')],
    'for a part that there is not': [`${url}/snapshots/1/layer-9`, of('layer-1')],
    'for a run that there is not': [
      `${origin}${PartServer.path({ ...LIFE, run: 'none' })}/model/layer-1`,
      of('layer-1'),
    ],
  };
  for (const [whose, [at, ticket]] of Object.entries(wrong)) {
    t.equal((await put(at, ticket, 'x')).status, 403, `put with a ticket ${whose}`);
    t.equal(
      (await get(at.replace('/model/', '/snapshots/1/'), ticket)).status === 200,
      whose.startsWith('of the feeder'),
      `get with a ticket ${whose}`,
    );
  }
  const before = of('layer-1');
  parts.open({ ...LIFE, generation: 4 }, KEEPS_NOTHING, STAGES);
  t.equal(
    (await put(`${origin}${PartServer.path({ ...LIFE, generation: 4 })}/model/layer-1`, before, 'x')).status,
    403,
  );
  t.equal(kept.size, 0);
});

t.test('a part that is still coming when its life ends is not taken', async (t) => {
  const { parts, kept, server, origin } = await serve(t);
  const ends: Record<string, () => void> = {
    'the next life has begun': () => parts.open({ ...LIFE, generation: 4 }, KEEPS_NOTHING, STAGES),
    'the run has ended': () => parts.close(LIFE.run),
  };
  for (const [what, end] of Object.entries(ends)) {
    const sending = request(`${origin}${PartServer.path(LIFE)}/model/layer-1`, {
      method: 'PUT',
      headers: { 'content-digest': digestOf('weights'), authorization: bearer(parts.ticket(LIFE, 'layer-1')) },
    });
    const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
    const arrived = once(server, 'request');
    sending.write('wei');
    await arrived;
    end();
    sending.end('ghts');
    const [response] = await answered;
    t.equal(response.statusCode, 409, what);
    t.equal((await response.toArray()).join(''), 'the run has left generation 2.3 meanwhile');
    parts.open(LIFE, KEEPS_NOTHING, STAGES);
  }
  t.equal(kept.size, 0);
});
