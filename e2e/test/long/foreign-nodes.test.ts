import t from 'tap';
import { PROGRAM, SHORT, skip, TRAIN } from '../support/foreign.js';
import type { Result } from '../support/foreign.js';
import { json, start } from '../support/layerline.js';
import { until } from '../support/processes.js';

await t.test('a layer in Python on one of several nodes', { skip }, async (t) => {
  const undisturbed = await json<Result>(t, [...TRAIN, ...PROGRAM, ...SHORT]);

  for (const how of [[], ['--dial-out']]) {
    const which = ['over TLS, on the one of two nodes that has it', ...how].join(', ');
    await t.test(`${which}, the numbers are the same`, async (t) => {
      const cwd = t.testdir();
      const coordinator = start(t, ['coordinator', '--port', '0', '--tls', 'self-signed'], { cwd });
      await until('the coordinator', () => coordinator.stdout.includes('To train'));
      const nodes = [
        start(t, ['node', '--name', 'plain'], { cwd }),
        start(t, ['node', '--name', 'own', ...how, ...PROGRAM], { cwd }),
      ];
      for (const node of nodes) await until('a node', () => node.stdout.includes('joined wss://'));
      const result = await json<Result>(t, [...TRAIN, ...SHORT.slice(0, -2), '--coordinator'], { cwd });
      t.equal(result.stages.find(({ stage }) => stage === 'layer-2')?.node, 'own');
      t.equal(result.weightsSha256, undisturbed.weightsSha256);
      t.same(result.perLayerError, undisturbed.perLayerError);
      coordinator.kill('SIGTERM');
      await coordinator.ended;
      for (const node of nodes) node.kill('SIGTERM');
      for (const node of nodes) await node.ended;
    });
  }
});
