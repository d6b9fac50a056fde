import { setImmediate } from 'node:timers/promises';
import type { Frame } from '@layerline/protocol';
import type { Role } from '@layerline/stage';
import t from 'tap';
import { runInMemory } from '../src/index.js';
import { MemoryLink } from '../src/memory-link.js';
import { planOf } from './support/run.js';

function frame(batch: number): Frame {
  return { kind: 'rows', purpose: 'train', epoch: 1, batch, positive: 1, negative: 1, neutral: 0, blocks: [] };
}

const batchOf = (frame: Frame): number => (frame.kind === 'rows' ? frame.batch : -1);

/** Lets everything go on that can. */
async function settle(): Promise<void> {
  for (let times = 0; times < 10; times++) await setImmediate();
}

async function readAll(link: MemoryLink): Promise<number[]> {
  const batches: number[] = [];
  for await (const frame of link) batches.push(batchOf(frame));
  return batches;
}

await t.test('frames come in order, and no more are under way than there is room for', async (t) => {
  const link = new MemoryLink();
  let sent = 0;
  const sending = (async () => {
    for (let batch = 0; batch < 10; batch++) {
      await link.send(frame(batch));
      sent++;
    }
    link.end();
  })();
  await settle();
  t.equal(sent, 2, 'the producer waits while nobody reads');
  t.same(await readAll(link), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await sending;
});

await t.test('a link that has failed tells both of its ends', async (t) => {
  const link = new MemoryLink();
  await link.send(frame(0));
  await link.send(frame(1));
  const waiting = link.send(frame(2));
  link.fail(new Error('broken'));
  link.fail(new Error('another'));
  await t.rejects(waiting, { message: 'broken' });
  await t.rejects(link.send(frame(3)), { message: 'broken' });
  await t.rejects(readAll(link), { message: 'broken' }, 'whatever is still in it');
  const empty = new MemoryLink();
  const reading = readAll(empty);
  await settle();
  empty.fail(new Error('broken'));
  await t.rejects(reading, { message: 'broken' });
});

/** Passes frames on, and notes when it begins and ends to work on each. */
function stage(name: string, log: string[], work: (batch: number) => Promise<void>): Role {
  return {
    async *transform(input) {
      for await (const frame of input) {
        yield frame;
        log.push(`${name} begins ${batchOf(frame)}`);
        await work(batchOf(frame));
        log.push(`${name} ends ${batchOf(frame)}`);
      }
    },
    close: async () => void log.push(`${name} closes`),
  };
}

const head = (frames: number): Role => ({
  async *transform() {
    for (let batch = 0; batch < frames; batch++) yield frame(batch);
  },
  close: async () => undefined,
});

await t.test('stages work at the same time', async (t) => {
  const log: string[] = [];
  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  // The first stage does not end its work before the second one has begun with the same frame.
  const first = stage('first', log, () => arrived);
  const second = stage('second', log, async () => arrive());
  await runInMemory(planOf({ layers: [10, 10] }, 100), [head(3), first, second, sink()]);
  t.ok(log.indexOf('second begins 0') < log.indexOf('first ends 0'));
});

await t.test('the first failure ends all stages, is thrown, and closes them', async (t) => {
  const log: string[] = [];
  const failing = stage('second', log, async (batch) => {
    if (batch === 1) throw new Error('batch 1 is bad');
  });
  const roles = [head(1000), stage('first', log, settle), failing, stage('third', log, settle), sink()];
  await t.rejects(runInMemory(planOf({ layers: [10, 10, 10] }, 100), roles), { message: 'batch 1 is bad' });
  t.same(log.filter((line) => line.endsWith('closes')).sort(), ['first closes', 'second closes', 'third closes']);
  t.ok(log.length < 50, 'without the rest of the stream');
});

function sink(): Role {
  return {
    async *transform(input) {
      for await (const _ of input);
    },
    close: async () => undefined,
  };
}
