import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Test } from 'tap';
import { Cluster } from '../support/cluster.js';
import { json, QUICK } from '../support/layerline.js';
import { within } from '../support/processes.js';
import { freePort } from '../support/system.js';
import { feed, run, skipWithout } from '../support/tools.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const POLL_INTERVAL_MS = 100;
const DEADLINE_MS = 180_000;

interface Answer {
  readonly data: { readonly result: readonly { readonly metric: object; readonly value: [number, string] }[] };
}

type Values = Readonly<Record<string, number>>;

/** A Prometheus that scrapes one target every second. */
class Prometheus {
  private constructor(readonly origin: string) {}

  static async start(t: Test, folder: string, scrape: string): Promise<Prometheus> {
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, `global: { scrape_interval: 1s }\nscrape_configs:\n${scrape}`);
    await run('promtool', ['check', 'config', config]);
    const listen = `127.0.0.1:${await freePort()}`;
    const args = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/tsdb`, `--web.listen-address=${listen}`];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    t.teardown(() => child.kill('SIGKILL'));
    return new Prometheus(`http://${listen}`);
  }

  /** The values of a query by the labels that one is told apart by, once there are any. */
  values(query: string, ...labels: readonly string[]): Promise<Values> {
    const asked = async (): Promise<Values> => {
      for (;;) {
        // It may not listen yet, or not have scraped.
        const found = await this.#ask(query, labels).catch((): Values => ({}));
        if (Object.keys(found).length > 0) return found;
        await sleep(POLL_INTERVAL_MS);
      }
    };
    return within(query, DEADLINE_MS, asked());
  }

  async #ask(query: string, labels: readonly string[]): Promise<Values> {
    const response = await fetch(`${this.origin}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { result } = ((await response.json()) as Answer).data;
    const keyOf = (metric: object) => labels.map((label) => (metric as Record<string, string>)[label]).join(' ');
    return Object.fromEntries(result.map(({ metric, value }) => [keyOf(metric), Number(value[1])]));
  }
}

const skip = skipWithout('promtool', '--version') || skipWithout('prometheus', '--version');

await t.test('a Prometheus scrapes a training, with a token and without', { skip }, async (t) => {
  const port = await freePort();
  const cluster = await Cluster.open(t, undefined, '--metrics-port', `${port}`);
  await cluster.node('box', undefined);
  const [origin, token] = [cluster.address.replace('ws://', ''), cluster.token('viewer', 'prometheus')];
  const prometheus = await Prometheus.start(
    t,
    cluster.machine('prometheus').cwd,
    `  - { job_name: open, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }\n` +
      `  - { job_name: viewer, static_configs: [{ targets: ['${origin}'] }], authorization: { credentials_file: '${token}' } }\n`,
  );
  t.same(await prometheus.values('up == 1 and on () sum(up) == 2', 'job'), { open: 1, viewer: 1 });

  const { run: id } = await cluster.ask<{ run: string }>(undefined, [
    'train',
    ...QUICK.slice(0, 4),
    '--epochs',
    '500',
    '--detach',
  ]);
  const stages = await prometheus.values('rate(layerline_stage_rows_total{job="open"}[5s]) > 0', 'stage');
  t.ok(Object.keys(stages).length > 0, 'rows flow');
  t.same(await prometheus.values('layerline_run_state{job="viewer"} == 1', 'run', 'state'), { [`${id} running`]: 1 });
  t.same(await prometheus.values('layerline_stage_info{job="open"}', 'stage', 'node', 'role'), {
    'feeder box feeder': 1,
    'layer-1 box layer': 1,
    'layer-2 box layer': 1,
    'evaluator box evaluator': 1,
  });

  const observed = await prometheus.values('layerline_layer_loss{job="viewer"}', 'layer');
  t.same(Object.keys(observed).sort(), ['layer-1', 'layer-2']);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  t.same(await feed('promtool', ['check', 'metrics'], metrics), { code: 0, said: '' });

  await cluster.operate(undefined, ['stop', id]);
  await prometheus.values('layerline_run_state{job="open", state="ended"} == 1', 'run');
  const [stopped] = await json<{ result: { images: number; restarts: number; testError: number | null } }[]>(
    t,
    ['runs'],
    cluster.machine('coordinator'),
  );
  const { images = NaN, restarts = NaN } = stopped?.result ?? {};
  t.same(await prometheus.values('layerline_run_images{job="open"}', 'run'), { [id]: images });
  t.same(await prometheus.values('layerline_run_restarts_total{job="open"}', 'run'), { [id]: restarts });
});

await t.test('every metric that is documented is named as promtool wants it', { skip }, async (t) => {
  const page = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(layerline_\w+)` \| (\w+) \|.* \| (.+) \|$/gm)];
  t.ok(rows.length > 30);
  const lines = rows.map(([, name, type, help]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} 1\n`);
  t.same(await feed('promtool', ['check', 'metrics'], lines.join('')), { code: 0, said: '' });
  t.match(await feed('promtool', ['check', 'metrics'], 'a_total{a="b} 1\n'), { code: 1, said: /error/ });
});

await t.test('the queries of the dashboard are PromQL', { skip }, async (t) => {
  const queries = [
    ...readFileSync(join(ROOT, 'deploy/grafana/layerline.json'), 'utf8').matchAll(/"expr": (".*")/g),
  ].map(([, text = '']) => {
    return (JSON.parse(text) as string).replaceAll('$__rate_interval', '1m').replaceAll('$__interval', '1m');
  });
  t.ok(queries.length > 25);
  const rules = queries.map((expr, index) => ({ record: `query_${index}`, expr }));
  const file = join(t.testdir(), 'rules.json');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  t.match(await run('promtool', ['check', 'rules', file]), `SUCCESS: ${rules.length} rules found`);
});
