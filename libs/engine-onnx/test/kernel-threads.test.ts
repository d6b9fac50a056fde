import t from 'tap';
import { KernelThreads } from '../src/fused/kernel-threads.js';
import { newPage, waitingKernel } from './support/kernels.js';

/** Addresses: where the kernel fails, where it ends at once, and where it waits. */
const [NOWHERE, SET, CLEAR] = [0, 4, 8];

function page(): ReturnType<typeof newPage> {
  const made = newPage();
  made.words[SET / 4] = 1;
  return made;
}

t.test('a run that fails has ended everywhere when it says so', async (t) => {
  const { memory, words } = page();
  const threads = new KernelThreads(memory, 2);
  const kernel = threads.load(waitingKernel());
  let settled = false;
  const run = threads.run(kernel, [[CLEAR], [NOWHERE]]).finally(() => (settled = true));
  const failed = t.rejects(run, { code: 'ERR_ENGINE', message: /^A kernel failed: unreachable/ });
  // Gets a thread when the second list has failed.
  await threads.run(kernel, [[SET]]);
  t.notOk(settled, 'the first list is still being worked on');
  Atomics.store(words, CLEAR / 4, 1);
  await failed;
  await threads.run(kernel, [[SET], [SET], [SET]]);
  await threads.close();
});

t.test('a kernel that cannot be made fails its own runs, and neither those of others nor the process', async (t) => {
  const { memory } = page();
  const threads = new KernelThreads(memory, 1);
  const sound = threads.load(waitingKernel());
  await threads.run(sound, [[SET]]);
  // Sent to an idle thread.
  const broken = threads.load(waitingKernel('another'));
  await threads.run(sound, [[SET]]);
  await t.rejects(threads.run(broken, [[SET]]), { code: 'ERR_ENGINE', message: /^A kernel failed: WebAssembly/ });
  await threads.run(sound, [[SET]]);
  await threads.close();
});

t.test('if a thread cannot be replaced, runs that wait for it fail', async (t) => {
  const { memory } = page();
  const threads = new KernelThreads(memory, 1);
  const kernel = threads.load(waitingKernel());
  const failing = threads.run(kernel, [[NOWHERE]]);
  const waiting = [threads.run(kernel, [[SET]]), threads.run(kernel, [[SET]])];
  const surroundings: { memory: unknown } = threads;
  // This cannot be passed to a thread.
  surroundings.memory = () => undefined;
  const cannot = { code: 'ERR_ENGINE', message: /^A thread for kernels cannot be started: .+ could not be cloned/ };
  await Promise.all([
    t.rejects(failing, { code: 'ERR_ENGINE', message: /^A kernel failed: / }),
    ...waiting.map((run) => t.rejects(run, cannot)),
  ]);
  await t.rejects(threads.run(kernel, [[SET]]), cannot);
  surroundings.memory = memory;
  await threads.run(kernel, [[SET]]);
  await threads.close();
});

t.test('if a thread cannot be replaced, runs that wait for it get another', async (t) => {
  const { memory, words } = page();
  const threads = new KernelThreads(memory, 2);
  const kernel = threads.load(waitingKernel());
  const [busy, failing, waiting] = [CLEAR, NOWHERE, SET].map((address) => threads.run(kernel, [[address]]));
  const surroundings: { memory: unknown } = threads;
  surroundings.memory = () => undefined;
  await t.rejects(failing as Promise<void>, { code: 'ERR_ENGINE' });
  Atomics.store(words, CLEAR / 4, 1);
  await Promise.all([busy, waiting]);
  await threads.close();
});
