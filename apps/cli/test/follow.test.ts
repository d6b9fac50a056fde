import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { isDurable } from '@layerline/api';
import type { LogEntry, RunEvent } from '@layerline/api';
import type { Run } from '@layerline/coordinator';
import { applyPreset } from '@layerline/plan';
import t from 'tap';
import type { Test } from 'tap';
import { CoordinatorClient } from '../src/client/coordinator-client.js';
import { openInProcess } from '../src/training/local-coordinator.js';
import { freePort, HOST, listen, machine } from './support/local-training.js';

/** A way to a port that can be cut. */
async function way(t: Test, port: number): Promise<{ readonly port: number; readonly cut: () => void }> {
  const open = new Set<Socket>();
  const server = createServer((inbound) => {
    const outbound = connect(port, HOST);
    for (const socket of [inbound, outbound]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    inbound.pipe(outbound).pipe(inbound);
  });
  const cut = (): void => open.forEach((socket) => socket.resetAndDestroy());
  t.teardown(cut);
  return { port: await listen(t, server), cut };
}

/** A training in this process, and a client of its coordinator over a way that can be cut. */
async function followed(t: Test): Promise<{ run: Run; client: CoordinatorClient; cut: () => void }> {
  process.env['XDG_DATA_HOME'] = t.testdir({ runs: {} });
  const out = `${process.env['XDG_DATA_HOME']}/runs`;
  const port = await freePort(t);
  const local = await openInProcess(await machine(), { port, out, dashboard: false, say: (line) => t.fail(line) });
  t.teardown(() => local.close());
  const { port: through, cut } = await way(t, port);
  const { operator } = local.coordinator.options.authority.tokens;
  const client = new CoordinatorClient({ addresses: [`ws://${HOST}:${through}`], trust: undefined, token: operator });
  const config = applyPreset('quick', {
    dataset: 'digits',
    layers: [32, 32],
    epochs: 4,
    batch: 500,
    singleProcess: true,
    out,
  });
  return { run: await local.coordinator.submit(config), client, cut };
}

t.test('a follower whose connection is cut again and again misses nothing, and is told nothing twice', async (t) => {
  const { run, client, cut } = await followed(t);
  const seen: RunEvent[] = [];
  let heads = 0;
  let training = 0;
  for await (const item of client.follow(run.id, new AbortController().signal, '0.0.0')) {
    if (item.type === 'run') heads++;
    else seen.push(item);
    if (item.type === 'training' && ++training % 10 === 0) cut();
  }
  t.equal(seen.at(-1)?.type, 'ended');
  t.ok(heads > 3, `connected ${heads} times`);
  const kept = readFileSync(run.record.folder.metrics, 'utf8').split('\n').slice(0, -1);
  t.ok(kept.length > 80);
  t.same(
    seen.filter(isDurable),
    kept.map((line) => JSON.parse(line) as unknown),
  );
});

t.test('so does one of its log, of which many lines are of the same time', async (t) => {
  const { run, client, cut } = await followed(t);
  const seen: LogEntry[] = [];
  const write = (event: RunEvent): void => {
    if (event.type === 'observation') for (let line = 0; line < 5; line++) run.record.note(`${event.id} ${line}`);
  };
  t.teardown(run.subscribe(write));
  let cuts = 0;
  for await (const entry of client.followLog(run.id, { lines: 1000 }, new AbortController().signal)) {
    seen.push(entry);
    if (seen.length % 33 !== 0) continue;
    cut();
    cuts++;
  }
  t.ok(cuts > 3, `cut ${cuts} times`);
  const kept = readFileSync(run.record.folder.log, 'utf8').split('\n').slice(0, -1);
  t.ok(kept.length > 300, `${kept.length} lines`);
  t.same(
    seen,
    kept.map((text) => {
      const { time, stage = 'run', msg } = JSON.parse(text) as { time: string; stage?: string; msg: string };
      return { at: time, stage, line: msg };
    }),
  );
});
