import { applyPreset } from '@layerline/plan';
import type { Run } from '@layerline/coordinator';
import t from 'tap';
import type { Test } from 'tap';
import { CoordinatorClient } from '../src/client/coordinator-client.js';
import { untilEnded, untilStored } from '../src/client/waits.js';
import { openInProcess } from '../src/training/local-coordinator.js';
import { freePort, HOST, machine } from './support/local-training.js';

const NEVER = new AbortController().signal;

/** A run that is paused, and a client of its coordinator. */
async function pausedRun(t: Test): Promise<{ readonly run: Run; readonly client: CoordinatorClient }> {
  process.env['XDG_DATA_HOME'] = t.testdir({ runs: {} });
  const out = `${process.env['XDG_DATA_HOME']}/runs`;
  const port = await freePort(t);
  const local = await openInProcess(await machine(), { port, out, dashboard: false, say: (line) => t.fail(line) });
  t.teardown(() => local.close());
  const { operator } = local.coordinator.options.authority.tokens;
  const client = new CoordinatorClient({ addresses: [`ws://${HOST}:${port}`], trust: undefined, token: operator });
  const run = await local.coordinator.submit(
    applyPreset('quick', {
      dataset: 'digits',
      layers: [32, 32],
      epochs: 100_000,
      snapshotEvery: 0,
      evalEvery: 0,
      singleProcess: true,
      out,
    }),
  );
  t.teardown(async () => {
    run.abort(new Error('the test is over'));
    await run.ended.catch(() => undefined);
  });
  await happens(run, 'training');
  await client.act(run.id, 'pause');
  return { run, client };
}

function happens(run: Run, type: string): Promise<void> {
  return new Promise((resolve) => {
    const leave = run.subscribe((event) => {
      if (event.type !== type) return;
      leave();
      resolve();
    });
  });
}

t.test('a snapshot that became whole before anyone waited for it is found in the history', async (t) => {
  const { run, client } = await pausedRun(t);
  const stored = happens(run, 'snapshot-stored');
  const acted = await client.act(run.id, 'snapshot');
  await stored;
  const { step, parts } = (await untilStored(client, acted, NEVER)) ?? {};
  t.same(await run.record.snapshots.steps(), [step]);
  t.ok((step ?? 0) >= acted.step);
  t.equal(parts?.length, 4);
});

t.test('a wait for a snapshot fails when the run ends before', async (t) => {
  const { run, client } = await pausedRun(t);
  const paused = await client.act(run.id, 'pause');
  const waiting = untilStored(client, paused, NEVER);
  await Promise.all([
    t.rejects(waiting, {
      code: 'ERR_RUN_ENDED',
      message: `Run ${run.id} was stopped, without a model: layerline resume ${run.id} goes on with it`,
    }),
    client.act(run.id, 'stop', { now: true }),
  ]);
});

t.test('a wait for the end of a run tells it, and one that is given up tells nothing', async (t) => {
  const { run, client } = await pausedRun(t);
  const givenUp = new AbortController();
  const unending = untilEnded(client, await client.act(run.id, 'pause'), givenUp.signal);
  givenUp.abort();
  t.equal(await unending.catch(() => undefined), undefined);
  const acted = await client.act(run.id, 'stop');
  t.match(await untilEnded(client, acted, NEVER), { result: { run: run.id, outcome: 'stopped' } });
});
