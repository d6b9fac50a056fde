import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Cluster } from '../../chaos/cluster.js';
import { makeReference, wrongWith } from '../../chaos/verdict.js';

const TRAINING = [
  ...['--dataset', 'digits', '--layers', '300,64,64', '--epochs', '6', '--eval-every', '0', '--snapshot-every', '0'],
];
/** The slow stage has a tenth of the time. */
const HELD_MS = 90;
const FREE_MS = 10;
/** In the first half, stages warm up: their heaps grow to what they need at any speed. */
const TURNS = 200;
/** A queue without bounds would take more than that: ten seconds of feeding at full speed are thousands of frames of 0.3 MB. */
const MOST_GROWTH_BYTES = 60e6;
const PAGE_BYTES = 4096;

t.test(
  'a stage that is ten times as slow slows the others down, and nothing piles up',
  { timeout: 300_000 },
  async (t) => {
    if (process.platform !== 'linux') return t.pass('needs /proc', { skip: true });
    const folder = t.testdir();
    const reference = makeReference(TRAINING, join(folder, 'reference'));
    const cluster = new Cluster(join(folder, 'cluster'), ['node-a', 'node-b']);
    t.teardown(() => cluster.stop());
    await cluster.start();
    const run = await cluster.submit(TRAINING);
    const standing = await cluster.until(run, ({ images }) => images > 0);
    const slow = standing.processes.find(({ stage }) => stage === 'layer-2')?.pid ?? 0;
    const pids = standing.processes.map(({ pid }) => pid);
    let before: number[] = [];
    const growth = pids.map(() => 0);
    const bottlenecks: (string | null)[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      process.kill(slow, 'SIGSTOP');
      await sleep(HELD_MS);
      // Looked at while it stands still, so that looking does not give it more time.
      if (turn >= TURNS / 2) {
        if (before.length === 0) before = pids.map(memoryOf);
        pids.forEach((pid, at) => (growth[at] = Math.max(growth[at] ?? 0, memoryOf(pid) - (before[at] ?? 0))));
        bottlenecks.push((await cluster.standing(run))?.bottleneck ?? null);
      }
      process.kill(slow, 'SIGCONT');
      await sleep(FREE_MS);
    }
    standing.processes.forEach(({ stage }, at) => {
      const megabytes = ((growth[at] ?? 0) / 1e6).toFixed(1);
      t.ok((growth[at] ?? Infinity) < MOST_GROWTH_BYTES, `${stage} has grown by ${megabytes} MB`);
    });
    const named = bottlenecks.filter((stage) => stage === 'layer-2').length / bottlenecks.length;
    t.ok(named > 0.8, `the status names it: ${(100 * named).toFixed(0)} % of the time`);
    const { end } = await cluster.until(run, (now) => now.end !== null);
    t.equal(wrongWith(join(cluster.runs, run), end?.result?.weightsSha256, reference), undefined, 'nothing is lost');
    return undefined;
  },
);

/** Resident memory of a process, in bytes. */
function memoryOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}
