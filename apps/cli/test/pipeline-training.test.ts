import { RunRecord } from '@layerline/coordinator';
import { applyPreset, makePlan } from '@layerline/plan';
import t from 'tap';
import { openCoordinator, trainAsPipeline } from '../src/training/pipeline-training.js';

t.test('a training on this machine ends with an error when its only node is gone', async (t) => {
  const root = t.testdir();
  const config = applyPreset('quick', { dataset: 'digits', layers: [16, 16], out: root });
  const plan = makePlan(config, {
    dataset: { name: 'digits', seed: 1 },
    trainRows: 1_000,
    engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
  });
  const record = await RunRecord.create(root, { layerline: '1', config, plan });
  const coordinator = await openCoordinator(0, root);
  t.teardown(() => coordinator.close());
  const nothing = (): void => undefined;
  const listener = { started: nothing, began: nothing, report: nothing, telemetry: nothing, notice: nothing };
  const training = await trainAsPipeline(record, coordinator, new Map(), listener);
  coordinator.nodes.find('local')?.turnAway('it talks too much');
  await t.rejects(training.ended, { code: 'ERR_NODE_LOST', message: 'Node local is gone: it talks too much' });
});
