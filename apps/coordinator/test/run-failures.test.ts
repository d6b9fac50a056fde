import t from 'tap';
import { begunRun, STAGES } from './support/cluster.js';

t.test('when every stage has lost a connection and is gone, that is a failure like any other', async (t) => {
  const { node, run, tasks } = await begunRun(t);
  node.begin(tasks);
  for (const task of tasks) {
    node.event(task, { type: 'failed', code: 'ERR_CONNECTION_LOST', message: 'the link has been cut' });
    node.exit(task, 1);
  }
  await run.noticed(/^feeder \(pid unknown\) failed: the link has been cut; going back to the newest snapshot$/);
  t.equal((await node.started(2 * STAGES)).length, 2 * STAGES, 'the next life begins');
});

t.test('a better cause than a lost connection counts, though it comes later', async (t) => {
  const { node, run, tasks } = await begunRun(t);
  const [first = '', second = ''] = tasks;
  node.event(first, { type: 'failed', code: 'ERR_CONNECTION_LOST', message: 'the link has been cut' });
  node.exit(first, 1);
  node.exit(second, null, 'SIGSEGV');
  await run.noticed(/^layer-1 .* was killed by SIGSEGV/);
});

t.test('stages that all finish without an end of the stream have failed', async (t) => {
  const { node, run, tasks } = await begunRun(t);
  node.begin(tasks);
  for (const task of tasks) {
    node.event(task, { type: 'finished' });
    node.exit(task);
  }
  await run.noticed(
    /^All stages of run .* have finished, but its evaluator has not reported the end of the stream; going/,
  );
});
