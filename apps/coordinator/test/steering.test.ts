import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { acted, failure } from '@layerline/api';
import type { Acted, Failure, RunAction, RunOrder } from '@layerline/api';
import { RunFolder } from '@layerline/checkpoint';
import { bearer } from '@layerline/security';
import t from 'tap';
import type { Coordinator } from '../src/coordinator.js';
import { begunRun, FollowedRun, openCoordinator, STAGES } from './support/cluster.js';
import type { BegunRun } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';

async function ask(coordinator: Coordinator, run: string, action: RunAction, order?: object): Promise<unknown> {
  const { port, options } = coordinator;
  const headers = { authorization: bearer(options.authority.tokens.operator) };
  const path = `/api/runs/${run}/${action}`;
  const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
  sent.end(order === undefined ? undefined : JSON.stringify(order));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return json(response);
}

async function act(coordinator: Coordinator, run: string, action: RunAction, order?: RunOrder): Promise<Acted> {
  return acted.parse(await ask(coordinator, run, action, order));
}

async function refusal(
  coordinator: Coordinator,
  run: string,
  action: RunAction,
  order?: object,
): Promise<Failure['error']> {
  return failure.parse(await ask(coordinator, run, action, order)).error;
}

/** A run whose frames flow. */
async function flowingRun(t: Parameters<typeof begunRun>[0]): Promise<BegunRun> {
  const begun = await begunRun(t);
  const flows = begun.run.reported('state');
  begun.node.begin(begun.tasks);
  await flows;
  return begun;
}

function stateOf({ run }: FollowedRun): Record<string, unknown> {
  return JSON.parse(readFileSync(join(run.record.folder.path, 'state.json'), 'utf8')) as Record<string, unknown>;
}

t.test('what is asked twice is so already, and each answer says where the run is', async (t) => {
  const { coordinator, node, run, tasks } = await flowingRun(t);
  const { path } = run.run.record.folder;
  t.same(await act(coordinator, run.id, 'pause'), {
    run: run.id,
    outcome: 'asked',
    state: 'paused',
    event: run.run.lastId,
    step: 0,
    snapshot: null,
    folder: path,
    snapshots: join(path, 'snapshots'),
  });
  t.match(await act(coordinator, run.id, 'pause', {}), { outcome: 'already', state: 'paused' });
  t.match(await act(coordinator, run.id, 'resume'), { outcome: 'asked', state: 'running' });
  t.match(await act(coordinator, run.id, 'resume'), { outcome: 'already', state: 'running' });
  t.match(await act(coordinator, run.id, 'stop'), { outcome: 'asked', state: 'running' });
  t.match(await act(coordinator, run.id, 'stop'), { outcome: 'already', state: 'running' });
  await node.until(() => node.ordersOf(tasks[0] ?? '').includes('stop'));
  t.same(node.ordersOf(tasks[0] ?? '').slice(-3), ['pause', 'resume', 'stop'], 'nothing is ordered twice');
});

t.test('a run that is being stopped takes nothing but an immediate stop', async (t) => {
  const { coordinator, run } = await flowingRun(t);
  await act(coordinator, run.id, 'stop', { reason: ' the disk is needed ' });
  for (const action of ['pause', 'resume', 'snapshot', 'evaluate'] as const) {
    t.match(await refusal(coordinator, run.id, action), { code: 'ERR_RUN_STOPPING', message: /is being stopped/ });
  }
  t.same(run.notices.slice(-1), ['stopped by an operator: the disk is needed']);
  const ended = run.reported('ended');
  t.match(await act(coordinator, run.id, 'stop', { now: true }), { outcome: 'aborted', snapshot: null });
  await ended;
  t.match(stateOf(run), {
    state: 'stopped',
    failureCode: 'ERR_RUN_STOPPED',
    stopReason: 'the disk is needed',
  });
  t.same(await refusal(coordinator, run.id, 'stop'), {
    code: 'ERR_RUN_ENDED',
    message: `Run ${run.id} was stopped (the disk is needed), without a model: layerline resume ${run.id} goes on with it`,
  });
});

t.test('a run whose frames do not flow ends at once when it is stopped', async (t) => {
  const { coordinator, run } = await begunRun(t);
  t.match(await act(coordinator, run.id, 'stop'), { outcome: 'aborted' });
  await t.rejects(run.run.ended, { code: 'ERR_RUN_STOPPED' });
});

t.test('an order that an action does not take is refused', async (t) => {
  const { coordinator, run } = await flowingRun(t);
  const cases: [action: RunAction, order: object, code: string, message: RegExp][] = [
    ['pause', { now: true }, 'ERR_API', /^now: pause does not take it$/],
    ['stop', { takeOver: true }, 'ERR_API', /^takeOver: stop does not take it$/],
    ['stop', { reason: ' ' }, 'ERR_PROTOCOL', /reason/],
    ['stop', { reason: 'x'.repeat(301) }, 'ERR_PROTOCOL', /reason/],
    ['stop', { quickly: true }, 'ERR_PROTOCOL', /quickly/],
  ];
  for (const [action, order, code, message] of cases) {
    t.match(await refusal(coordinator, run.id, action, order), { code, message });
  }
  t.equal(run.run.status().state, 'running');
});

t.test('a run that has ended is taken up again, once', async (t) => {
  const { coordinator, node, run, tasks } = await flowingRun(t);
  await act(coordinator, run.id, 'stop', { now: true });
  await run.run.ended.catch(() => undefined);
  const answers = await Promise.all([act(coordinator, run.id, 'resume'), act(coordinator, run.id, 'resume')]);
  const revived = coordinator.runs.get(run.id);
  t.teardown(async () => {
    revived.abort(new Error('the test is over'));
    await revived.ended.catch(() => undefined);
  });
  t.match(answers, [{ outcome: 'revived' }, { outcome: /revived|already/ }]);
  t.not(revived, run.run);
  t.equal(revived.record.journal.incarnation, run.run.record.journal.incarnation + 1);
  const again = await node.started(tasks.length + STAGES);
  node.begin(again);
  t.match(await act(coordinator, run.id, 'resume'), { outcome: 'already' });
});

t.test('a run that has completed is not taken up again, nor one that another process is at work on', async (t) => {
  const coordinator = await openCoordinator(t);
  await ScriptedNode.join(coordinator, 'box');
  const run = await FollowedRun.submit(t, coordinator);
  await run.abort();
  const folder = await RunFolder.open(run.run.record.folder.path);
  await folder.end({ state: 'completed' });
  t.match(await refusal(coordinator, run.id, 'resume'), { code: 'ERR_RUN_ENDED' });
  await folder.resume();
  t.match(await refusal(coordinator, run.id, 'resume'), { code: 'ERR_RUN_BUSY' });
});
