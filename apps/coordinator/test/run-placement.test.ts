import { knownSummary } from '@layerline/datasets';
import { makePlan } from '@layerline/plan';
import t from 'tap';
import type { Test } from 'tap';
import { ClusterExecutor } from '../src/cluster-executor.js';
import type { Coordinator } from '../src/coordinator.js';
import type { NodeConnection } from '../src/node-connection.js';
import { NumericsProbes } from '../src/numerics-probes.js';
import { PartServer } from '../src/part-server.js';
import type { Place } from '../src/placer.js';
import { RunRecord } from '../src/record/run-record.js';
import { Run } from '../src/run.js';
import { configOf, openCoordinator, STAGES } from './support/cluster.js';
import { BACKEND, ScriptedNode } from './support/scripted-node.js';

/** A run whose stages all go to one node, which is chosen by the test anew each time that the run asks for nodes. */
async function runOn(t: Test, coordinator: Coordinator, choose: (record: RunRecord) => Promise<NodeConnection>) {
  const config = configOf(coordinator);
  const plan = makePlan(config, {
    dataset: { name: 'digits', seed: 1 },
    summary: { ...knownSummary('digits'), trainByClass: [1_000], testRows: 100 },
    engine: { backend: BACKEND, threads: 1, spinning: false, concurrency: 1 },
  });
  const record = await RunRecord.create(config.out, { layerline: '1', config, plan });
  const place: Place = async () => {
    const node = await choose(record);
    const stages = ['feeder', 'layer-1', 'layer-2', 'evaluator'];
    const reservation = coordinator.nodes.take(new Map(stages.map((stage) => [stage, node])));
    return { reservation, settled: Promise.resolve() };
  };
  const run = new Run(
    record,
    new ClusterExecutor(coordinator.nodes, new PartServer([]), place, new NumericsProbes(() => undefined)),
  );
  run.start();
  t.teardown(async () => {
    run.abort(new Error('the test is over'));
    await run.ended.catch(() => undefined);
  });
  return run;
}

const nodeOf = (coordinator: Coordinator, name: string): NodeConnection => {
  return coordinator.nodes.find(name) as NodeConnection;
};

t.test('a node that is drained or gone by the time that stages would start gets none, and others do', async (t) => {
  const coordinator = await openCoordinator(t);
  const [drained, lost, good] = (await Promise.all(
    ['drained', 'lost', 'good'].map((name) => ScriptedNode.join(coordinator, name)),
  )) as [ScriptedNode, ScriptedNode, ScriptedNode];
  const chosen = ['drained', 'lost', 'good'].map((name) => nodeOf(coordinator, name));
  const generations: number[] = [];
  const run = await runOn(t, coordinator, async ({ journal }) => {
    generations.push(journal.generation);
    const node = chosen.shift() as NodeConnection;
    if (node.name === 'drained') await coordinator.drain('drained');
    if (node.name === 'lost') {
      lost.die();
      await coordinator.nodes.until((nodes) => (nodes.includes(node) ? undefined : true), new AbortController().signal);
    }
    return node;
  });
  await good.started(STAGES);
  t.same([drained.starts, lost.starts], [[], []]);
  t.same(generations, [0, 0, 0], 'the record is ready for the life before nodes are chosen');
  t.equal(nodeOf(coordinator, 'drained').reserved, 0);
  t.equal(nodeOf(coordinator, 'good').reserved, STAGES);
  t.equal(run.status().state, 'starting');
});

t.test('a run that another coordinator has taken while it waited for nodes starts nothing', async (t) => {
  const coordinator = await openCoordinator(t);
  const node = await ScriptedNode.join(coordinator, 'box');
  const run = await runOn(t, coordinator, async ({ folder, config, plan }) => {
    const other = await RunRecord.resume(folder.path, { config, plan }, { takeOver: true });
    other.close();
    return nodeOf(coordinator, 'box');
  });
  await t.rejects(run.ended, { code: 'ERR_FENCED' });
  t.same(node.starts, []);
  t.equal(nodeOf(coordinator, 'box').reserved, 0);
});
