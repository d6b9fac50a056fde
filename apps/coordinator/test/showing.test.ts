import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  evaluationsAnswer,
  historyAnswer,
  logLines,
  observationsAnswer,
  runList,
  runSetup,
  runStatus,
  seriesAnswer,
} from '@layerline/api';
import { Authority, bearer } from '@layerline/security';
import t from 'tap';
import type { Test } from 'tap';
import type { Coordinator } from '../src/coordinator.js';
import { RunRecord } from '../src/record/run-record.js';
import { showRuns } from '../src/showing.js';
import { CONFIG, evaluation, observation, PLAN } from './support/metrics.js';

const HOST = '127.0.0.1';

async function ask({ port, options }: Coordinator, path: string, method = 'GET', body?: string) {
  const headers = { authorization: bearer(options.authority.tokens.operator) };
  const sent = request({ host: HOST, port, path, method, headers, agent: false }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const { statusCode, headers: answered } = response;
  return { status: statusCode, type: answered['content-type'], body: await text(response) };
}

/** The folder of a run that has failed, and a coordinator that shows it. */
async function shown(t: Test): Promise<{ readonly coordinator: Coordinator; readonly id: string }> {
  const record = await RunRecord.create(t.testdir(), { layerline: '0.1.0', config: CONFIG, plan: PLAN });
  for (const step of [2, 4, 6]) record.handle(observation(step));
  record.handle(evaluation(10, 0.25));
  record.handle({ type: 'notice', id: '0.0.11', at: '2026-01-31T12:00:02.000Z', sentence: 'a stage has died' });
  await record.abandon(new Error('given up'));
  const tokens = { node: 'n'.repeat(16), operator: 'o'.repeat(16), viewer: 'v'.repeat(16) };
  const coordinator = showRuns({
    version: '1',
    root: dirname(record.folder.path),
    authority: new Authority(tokens, [HOST]),
    server: { host: HOST, port: 0 },
  });
  await coordinator.start();
  t.teardown(() => coordinator.stop());
  return { coordinator, id: record.id };
}

t.test('everything that is kept of a run can be asked for where nothing trains', async (t) => {
  const { coordinator, id } = await shown(t);
  const get = async (path: string): Promise<unknown> => {
    const { status, body } = await ask(coordinator, join('/api/runs', id, path));
    t.equal(status, 200, path);
    return JSON.parse(body) as unknown;
  };
  const list = runList.parse(JSON.parse((await ask(coordinator, '/api/runs')).body));
  t.match(list, { runs: [], earlier: [{ id, state: 'failed', failure: 'given up' }], configs: { [id]: CONFIG } });
  t.match(runStatus.parse(await get('')), {
    id,
    state: 'ended',
    testError: 0.25,
    notices: [{ sentence: 'a stage has died' }],
  });
  t.match(seriesAnswer.parse(await get('series?names=layer-1/weight-norm&from=3&smoothing=0.5')), {
    series: [{ name: 'layer-1/weight-norm', step: [4, 6], last: [11, 13] }],
  });
  t.match(observationsAnswer.parse(await get('observations?most=2')), { observations: [{ step: 4 }, { step: 6 }] });
  t.match(evaluationsAnswer.parse(await get('evaluations')), { evaluations: [{ step: 10, worst: [{}] }] });
  t.match(historyAnswer.parse(await get('history')), { events: [{ type: 'notice', sentence: 'a stage has died' }] });
  t.match(logLines.parse(await get('log')), { lines: [/a stage has died$/, /given up$/] });
  t.strictSame(runSetup.parse(await get('config')), { config: CONFIG, plan: PLAN });
  const table = await ask(coordinator, `/api/runs/${id}/series.csv?names=test-error`);
  t.match(table, { status: 200, type: 'text/csv; charset=utf-8' });
  t.equal(table.body, 'series,step,at,train_seconds,value\ntest-error,10,2026-01-31T12:00:01.000Z,1.25,0.25\n');
  const { body } = await ask(coordinator, `/api/runs/${id}/events?after=0.0.4`);
  const types = body
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { type: string }).type);
  t.same(types, ['run', 'observation', 'evaluation', 'ended']);
});

t.test('what cannot be shown, or would change something, is refused', async (t) => {
  const { coordinator, id } = await shown(t);
  for (const [method, path, status, code] of [
    ['GET', `/api/runs/${id}/series?names=nothing`, 400, 'ERR_UNKNOWN_SERIES'],
    ['GET', `/api/runs/${id}/series`, 400, 'ERR_PROTOCOL'],
    ['GET', `/api/runs/${id}/series?names=test-error&points=0`, 400, 'ERR_PROTOCOL'],
    ['GET', `/api/runs/${id}/series.csv?names=nothing`, 400, 'ERR_UNKNOWN_SERIES'],
    ['GET', '/api/runs/none/series?names=test-error', 404, 'ERR_UNKNOWN_RUN'],
    ['GET', `/api/runs/${encodeURIComponent(`../runs/${id}`)}/history`, 404, 'ERR_UNKNOWN_RUN'],
    ['POST', `/api/runs/${id}/pause`, 409, 'ERR_RUN_ENDED'],
    ['POST', '/api/runs', 409, 'ERR_NOTHING_TRAINS'],
  ] as const) {
    const answer = await ask(coordinator, path, method, method === 'POST' ? '{}' : undefined);
    t.match({ status: answer.status, ...(JSON.parse(answer.body) as object) }, { status, error: { code } }, path);
  }
});
