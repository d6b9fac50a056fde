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
  node.exit(second, null, 'SIGSEGV', ['it began to speak', 'layer-1 does not speak as a stage does']);
  await run.noticed(
    /^layer-1 \(pid unknown\) was killed by SIGSEGV: layer-1 does not speak as a stage does; going back/,
  );
  t.match(run.run.status().notices.at(-1), { sentence: /^layer-1 /, stages: ['layer-1'] });
});

t.test('of a node that is gone, a notice names the stages that it had', async (t) => {
  const { node, run, tasks } = await begunRun(t);
  node.begin(tasks);
  node.exit(tasks[0] ?? '', 1);
  await run.noticed(/^feeder .* ended with exit code 1/);
  await node.started(2 * STAGES);
  node.die();
  await run.noticed(/^Node box is gone/);
  const { notices } = run.run.status();
  t.match(
    notices.find(({ sentence }) => sentence.startsWith('Node box')),
    { stages: ['feeder', 'layer-1', 'layer-2', 'evaluator'] },
  );
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

t.test('a report that is none fails its stage, and its node stays', async (t) => {
  const { node, run, tasks } = await begunRun(t);
  node.begin(tasks);
  node.event(tasks.at(-1) ?? '', { type: 'report', report: { type: 'gossip' } });
  await run.noticed(
    /^evaluator \(pid unknown\) failed: A message is wrong at type: .*; going back to the newest snapshot$/,
  );
  t.equal((await node.started(2 * STAGES)).length, 2 * STAGES, 'on the node that has been there all the time');
});
