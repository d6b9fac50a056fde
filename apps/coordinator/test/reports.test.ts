import type { StageEvent } from '@layerline/protocol';
import t from 'tap';
import { BATCH, begunRun, FollowedRun, STAGES } from './support/cluster.js';
import { TELEMETRY } from './support/telemetry.js';

const LAYERS = [
  { positive: 2, negative: 1, separation: 0.9 },
  { positive: 1, negative: 1, separation: 0.5 },
];
const TRAINED = {
  type: 'training',
  scope: 'interval',
  epoch: 1,
  batch: 3,
  images: 3 * BATCH,
  trainSeconds: 1,
  layers: LAYERS,
};
const report = (content: object): StageEvent => ({ type: 'report', report: content });

t.test(
  'only the evaluator reports, and nothing that cannot be; whoever does otherwise has failed, and nobody else',
  async (t) => {
    const end = { type: 'end', outcome: 'completed', epochs: 5, images: 100_000, trainSeconds: 1, evalSeconds: 1 };
    const evaluation = {
      type: 'evaluation',
      epoch: 1,
      testError: 0,
      perLayerError: [0, 0],
      seconds: 1,
      trainSeconds: 1,
    };
    const cases: Record<string, [stage: 'layer-1' | 'evaluator', event: StageEvent]> = {
      'a layer that reports an accuracy': ['layer-1', report(evaluation)],
      'a layer that reports the end': ['layer-1', report(end)],
      'a layer that reports a snapshot': ['layer-1', report({ type: 'snapshot', step: 2 })],
      'an end before all batches have been': ['evaluator', report({ ...end, images: 2 * BATCH, epochs: 0 })],
      'an early end that nobody asked for': [
        'evaluator',
        report({ ...end, outcome: 'stopped', images: 2 * BATCH, epochs: 0 }),
      ],
      'an evaluation of an epoch that has not been': ['evaluator', report(evaluation)],
      'half a batch': ['evaluator', report({ ...TRAINED, images: 3.5 * BATCH })],
      'more images than the plan has': ['evaluator', report({ ...TRAINED, images: 10 ** 9 })],
      'another epoch than the images are of': ['evaluator', report({ ...TRAINED, epoch: 2 })],
      'one layer too many': ['evaluator', report({ ...TRAINED, layers: [...LAYERS, ...LAYERS] })],
      'no figures of a layer that learns': ['evaluator', report({ ...TRAINED, layers: [LAYERS[0], null] })],
      'a snapshot beyond the end': ['evaluator', report({ type: 'snapshot', step: 10 ** 9 })],
      'a figure that is none': [
        'evaluator',
        report({ ...TRAINED, layers: [LAYERS[0], { positive: null, negative: 1, separation: 1 }] }),
      ],
      'telemetry of less than nothing': ['layer-1', { type: 'telemetry', telemetry: { ...TELEMETRY, busy: -1 } }],
      'what is no report': ['evaluator', report({ type: 'rumour' })],
    };
    for (const [what, [stage, event]] of Object.entries(cases)) {
      await t.test(what, async (t) => {
        const { coordinator, node, run, tasks } = await begunRun(t);
        // Another run with stages on the same node.
        const innocent = await FollowedRun.submit(t, coordinator);
        await node.started(2 * STAGES);
        node.begin(tasks);
        node.event(tasks.at(stage === 'layer-1' ? 1 : -1) ?? '', event);
        await run.noticed(new RegExp(`^${stage} \\(pid unknown\\) failed: .*; going back to the newest snapshot$`));
        await node.started(3 * STAGES);
        t.same(innocent.notices, []);
        t.equal(coordinator.nodes.all.length, 1, 'the node stays');
        t.equal(run.run.record.hasEnded, false);
      });
    }
  },
);

t.test('what can be is passed on, and an early end where an operator asked for it', async (t) => {
  const { node, run, tasks } = await begunRun(t);
  const evaluator = tasks.at(-1) ?? '';
  node.begin(tasks);
  node.event(evaluator, report(TRAINED));
  await run.reported('training');
  run.run.steering.stop();
  const end = { type: 'end', outcome: 'stopped', epochs: 0, images: 4 * BATCH, trainSeconds: 1, evalSeconds: 0 };
  node.event(evaluator, report(end));
  await run.reported('end');
  t.same(
    run.notices.filter((notice) => !notice.startsWith('waiting')),
    [],
  );
});
