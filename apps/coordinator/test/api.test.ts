import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import {
  failure,
  logEntry,
  openApi,
  overviewList,
  RUN_ACTIONS,
  runList,
  runStatus,
  statusReport,
} from '@layerline/api';
import { bearer } from '@layerline/security';
import t from 'tap';
import type { Coordinator } from '../src/coordinator.js';
import { begunRun, openCoordinator, STAGES } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function ask(
  { port, options }: Coordinator,
  method: string,
  path: string,
  body?: string,
  principal: 'viewer' | 'operator' = 'operator',
): Promise<Answer> {
  const headers = { authorization: bearer(options.authority.tokens[principal]) };
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await json(response) };
}

t.test('a run is begun with any part of a config: preset and defaults fill it', async (t) => {
  const coordinator = await openCoordinator(t);
  const node = await ScriptedNode.join(coordinator, 'box');
  const { status, body } = await ask(coordinator, 'POST', '/api/runs', JSON.stringify({ layers: [16, 16], epochs: 2 }));
  t.equal(status, 201);
  const { id } = body as { id: string };
  t.teardown(async () => {
    const run = coordinator.runs.get(id);
    run.abort(new Error('the test is over'));
    await run.ended.catch(() => undefined);
  });
  await node.started(STAGES);
  const { config, plan } = coordinator.runs.get(id).record;
  t.match(config, { layers: [16, 16], epochs: 2, batch: 100, objective: 'silu', optimizer: 'adam' });
  t.match(plan, { epochs: 2, batch: 100, dataset: { name: 'digits' } });

  const one = await ask(coordinator, 'GET', `/api/runs/${id}`, undefined, 'viewer');
  t.match(runStatus.parse(one.body), { id, units: [16, 16], epochs: 2, state: 'starting' });
  const list = await ask(coordinator, 'GET', '/api/runs', undefined, 'viewer');
  t.match(runList.parse(list.body), {
    runs: [{ id }],
    earlier: [],
    configs: { [id]: { layers: [16, 16], epochs: 2 } },
  });
  const all = await ask(coordinator, 'GET', '/api/status', undefined, 'viewer');
  t.match(statusReport.parse(all.body), { version: '1', nodes: [{ name: 'box', tasks: STAGES }], runs: [{ id }] });
  const events = await ask(coordinator, 'GET', `/api/runs/${id}/events?after=never`);
  t.match(events, { status: 400, body: { error: { code: 'ERR_PROTOCOL', message: /event id looks like 2\.0\.57/ } } });
  const lines = await ask(coordinator, 'GET', `/api/runs/${id}/log?lines=1`);
  const [line] = (lines.body as { lines: string[] }).lines;
  const {
    at,
    stage,
    line: said,
  } = logEntry.parse((await ask(coordinator, 'GET', `/api/runs/${id}/log.jsonl?lines=1`)).body);
  t.equal(line, `${at} ${stage}: ${said}`);
});

t.test('the description of the interface is served', async (t) => {
  const coordinator = await openCoordinator(t);
  const { status, body } = await ask(coordinator, 'GET', '/api/openapi.json', undefined, 'viewer');
  t.equal(status, 200);
  t.same(body, JSON.parse(JSON.stringify(openApi('1'))));
});

t.test('what cannot be done is refused with a code and a sentence, and changes nothing', async (t) => {
  const coordinator = await openCoordinator(t);
  const cases: [
    method: string,
    path: string,
    body: string | undefined,
    status: number,
    code: string,
    message: RegExp,
  ][] = [
    ['POST', '/api/runs', '{', 400, 'ERR_API', /^the body is not JSON$/],
    ['POST', '/api/runs', '{"epochs":0}', 400, 'ERR_PROTOCOL', /epochs/],
    ['POST', '/api/runs', '{"epoch":1}', 400, 'ERR_PROTOCOL', /epoch/],
    ['POST', '/api/runs', '{"preset":"slow"}', 400, 'ERR_PROTOCOL', /preset/],
    ['POST', '/api/runs', '{"dataDir":"/data"}', 400, 'ERR_API', /^dataDir: nodes have their own folders/],
    ['POST', '/api/runs', '{"singleProcess":true}', 400, 'ERR_CONFIG', /^singleProcess: /],
    ['POST', '/api/runs', '{}', 409, 'ERR_PLACEMENT', /^No node has joined yet/],
    [
      'POST',
      '/api/runs',
      JSON.stringify({ out: 'x'.repeat(300_000) }),
      413,
      'ERR_API',
      /^the body has more than 262144 bytes$/,
    ],
    ['GET', '/api/runs/none', undefined, 404, 'ERR_UNKNOWN_RUN', /no run none/],
    ['POST', '/api/runs/none/pause', undefined, 404, 'ERR_UNKNOWN_RUN', /no run none/],
    ['POST', '/api/runs/none/dance', undefined, 404, 'ERR_API', /there is no POST \/api\/runs\/none\/dance here/],
    ['POST', '/api/nodes/none/drain', undefined, 404, 'ERR_UNKNOWN_NODE', /none/],
    ['GET', '/api/rumours', undefined, 404, 'ERR_API', /there is no GET \/api\/rumours here/],
    ['GET', '/api/runs/%zz', undefined, 400, 'ERR_API', /malformed/],
    ['DELETE', '/api/runs', undefined, 404, 'ERR_API', /there is no DELETE/],
  ];
  for (const [method, path, body, status, code, message] of cases) {
    const answer = await ask(coordinator, method, path, body);
    const { error } = failure.parse(answer.body);
    t.match(
      { status: answer.status, ...error },
      { status, code, message },
      `${method} ${path} ${body?.slice(0, 40) ?? ''}`,
    );
  }
  t.same(coordinator.runs.all, []);
});

t.test('what nothing would come of is refused, and a pause is kept until frames flow', async (t) => {
  const { coordinator, node, run, tasks } = await begunRun(t);
  const [feeder = ''] = tasks;
  const act = (action: string): Promise<Answer> => ask(coordinator, 'POST', `/api/runs/${run.id}/${action}`);
  for (const action of ['snapshot', 'evaluate']) {
    t.match(await act(action), {
      status: 409,
      body: { error: { code: 'ERR_NO_FRAMES', message: /^Run \S+ is starting, and no frames flow: ask again/ } },
    });
  }
  t.equal((await act('pause')).status, 200);
  const begun = run.reported('state');
  node.begin(tasks);
  await begun;
  t.equal(run.run.status().state, 'paused');
  for (const action of ['snapshot', 'evaluate', 'resume']) t.equal((await act(action)).status, 200, action);
  await node.until(() => node.ordersOf(feeder).includes('resume'));
  t.same(node.ordersOf(feeder).slice(-4), ['pause', 'snapshot', 'evaluate', 'resume']);

  await run.abort();
  for (const action of RUN_ACTIONS.filter((each) => each !== 'resume')) {
    const message =
      /^Run \S+ has failed: the test is over\. Once that is mended, layerline resume \S+ goes on with it$/;
    t.match(await act(action), { status: 409, body: { error: { code: 'ERR_RUN_ENDED', message } } }, action);
  }
});

t.test('a run is removed by operators alone, and not while it is under way', async (t) => {
  const { coordinator, run } = await begunRun(t);
  const { id } = run.run;
  const remove = (principal: 'viewer' | 'operator'): Promise<Answer> =>
    ask(coordinator, 'DELETE', `/api/runs/${id}`, undefined, principal);
  t.match(await remove('viewer'), { status: 403, body: { error: { code: 'ERR_FORBIDDEN' } } });
  t.match(await remove('operator'), { status: 409, body: { error: { code: 'ERR_RUN_UNDER_WAY' } } });
  const overviews = async (): Promise<unknown> =>
    overviewList.parse((await ask(coordinator, 'GET', '/api/overviews', undefined, 'viewer')).body).runs;
  t.match(await overviews(), [{ id, state: 'running', objective: 'silu', bestTestError: null }]);
  run.run.abort(new Error('the test is over'));
  await t.rejects(run.run.ended);
  t.match(await overviews(), [{ id, state: 'failed', failure: 'the test is over' }]);
  t.same(await remove('operator'), { status: 200, body: {} });
  t.same(await overviews(), []);
});

t.test('the log of a stage that a run has not is asked for in vain', async (t) => {
  const { coordinator, run } = await begunRun(t);
  for (const route of ['log?', 'log.jsonl?', 'log.jsonl?follow=true&']) {
    t.match(await ask(coordinator, 'GET', `/api/runs/${run.run.id}/${route}stage=layer-9`), {
      status: 404,
      body: { error: { code: 'ERR_UNKNOWN_STAGE', message: /has no layer-9: it has feeder, layer-1/ } },
    });
  }
});
