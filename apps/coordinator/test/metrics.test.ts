import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { bearer } from '@layerline/security';
import t from 'tap';
import { exposition } from '../src/metrics/exposition.js';
import { MetricsServer } from '../src/metrics/metrics-server.js';
import { begunRun } from './support/cluster.js';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const READING = {
  ...{ elapsed: 2000, rows: 10, busy: 1500, waitingForInput: 250, waitingForCredit: 125, serializing: 75, cpu: 3000 },
  ...{ framesSent: 5, framesReceived: 4, bytesSent: 600, memory: 1000, peakMemory: 2000 },
};

async function ask(port: number, path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  const sent = request({ host: '127.0.0.1', port, path, headers, method, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) };
}

t.test('the text is in the format of Prometheus, whatever a label holds', (t) => {
  t.equal(
    exposition({ version: 'a "b" \\ c\nd', nodes: 2, runs: [] }),
    '# HELP layerline_coordinator_info The version of the coordinator\n' +
      '# TYPE layerline_coordinator_info gauge\n' +
      'layerline_coordinator_info{version="a \\"b\\" \\\\ c\\nd"} 1\n' +
      '# HELP layerline_coordinator_nodes Nodes that have joined\n' +
      '# TYPE layerline_coordinator_nodes gauge\n' +
      'layerline_coordinator_nodes 2\n',
  );
  t.match(exposition({ version: '1', nodes: Infinity, runs: [] }), 'layerline_coordinator_nodes +Inf\n');
  t.match(exposition({ version: '1', nodes: NaN, runs: [] }), 'layerline_coordinator_nodes NaN\n');
  t.end();
});

t.test('a viewer gets what is measured of a run, until some time after its end', async (t) => {
  const { coordinator, node, run, tasks } = await begunRun(t);
  const { viewer } = coordinator.options.authority.tokens;
  const metrics = async () => (await ask(coordinator.port, '/metrics', { authorization: bearer(viewer) })).body;

  t.equal((await ask(coordinator.port, '/metrics')).status, 401);
  const { status, type } = await ask(coordinator.port, '/metrics', { authorization: bearer(viewer) });
  t.same({ status, type }, { status: 200, type: TYPE });
  const measured = run.reported('telemetry');
  node.begin(tasks);
  node.event(tasks[1] as string, { type: 'telemetry', telemetry: READING });
  await measured;
  const text = await metrics();
  t.match(text, `layerline_run_state{run="${run.id}",state="running"} 1\n`);
  t.match(text, `layerline_stage_busy_seconds_total{run="${run.id}",stage="layer-1"} 1.5\n`);
  t.match(text, `layerline_stage_info{run="${run.id}",stage="layer-1",role="layer",node="box"} 1\n`);
  t.match(text, `layerline_link_sent_bytes_total{run="${run.id}",from="layer-1",to="layer-2"} 600\n`);

  const before = performance.now();
  await run.abort();
  const after = performance.now();
  const ended = await metrics();
  t.match(ended, `layerline_run_state{run="${run.id}",state="ended"} 1\n`);
  t.match(ended, `layerline_stage_busy_seconds_total{run="${run.id}",stage="layer-1"} 1.5\n`);
  t.notMatch(ended, 'layerline_stage_info');
  t.notMatch(ended, 'layerline_stage_memory_bytes');
  t.equal(coordinator.runs.readings(before + 299_999).length, 1);
  t.same(coordinator.runs.readings(after + 300_000), []);
});

t.test('a port of its own answers without a token, and nothing but that', async (t) => {
  const server = new MetricsServer({ host: '127.0.0.1', port: 0 }, () => 'layerline 1\n');
  await server.start();
  t.teardown(() => server.stop());
  const { port } = server;
  t.same(await ask(port, '/metrics'), { status: 200, type: TYPE, body: 'layerline 1\n' });
  t.equal((await ask(port, '/metrics', { host: `localhost:${port}` })).status, 200);
  for (const path of ['/', '/api/status', '/metrics/x']) t.equal((await ask(port, path)).status, 404, path);
  t.equal((await ask(port, '/metrics', {}, 'POST')).status, 404);
  t.equal((await ask(port, '/metrics', { origin: 'https://page.example' })).status, 403);
  t.equal((await ask(port, '/metrics', { host: 'rebound.example' })).status, 403, 'a name that a page has made up');
  await t.rejects(new MetricsServer({ host: '127.0.0.1', port }, () => '').start(), { code: 'ERR_LISTEN' });
});
