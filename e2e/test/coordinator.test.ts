import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { json, layerline, start } from './support/layerline.js';
import { until } from './support/processes.js';
import { isRefusal } from './support/refusal.js';

/** An address of this machine that others could dial. */
const ADDRESS = Object.values(networkInterfaces())
  .flat()
  .find((found) => found?.family === 'IPv4' && !found.internal)?.address;
const ONLY_LOOPBACK = ADDRESS === undefined && 'this machine has no address but its loopback';

await t.test('what it prints lets others in, in the clear too', { skip: ONLY_LOOPBACK }, async (t) => {
  const cwd = t.testdir();
  const open = ['--host', '0.0.0.0', '--advertise', ADDRESS ?? '', '--port', '0', '--insecure'];
  const coordinator = start(t, ['coordinator', ...open], { cwd });
  await until('the coordinator', () => coordinator.stdout.includes('To train, here:'));
  const shown = /layerline node (.+) --token-file/.exec(coordinator.stdout)?.[1]?.split(' ') ?? [];
  const token = join(cwd, 'layerline', 'coordinator', 'viewer.token');
  t.same(await json(t, ['nodes', ...shown, '--token-file', token]), []);
  // On its own machine, the address comes from its folder.
  const here = /To train, here: layerline train --coordinator(.*)/.exec(coordinator.stdout)?.[1]?.trim() ?? '';
  t.same(await json(t, ['nodes', ...here.split(' ')], { cwd }), []);
});

await t.test('all addresses of a machine are none that others could dial', async (t) => {
  for (const host of ['0.0.0.0', '::']) {
    isRefusal(t, await layerline(t, ['coordinator', '--host', host, '--tls', 'self-signed']), {
      code: 2,
      says: [host, '--advertise'],
    });
  }
});

await t.test('a training on it is not one that is resumed', async (t) => {
  isRefusal(t, await layerline(t, ['train', '--coordinator', '--resume', 'runs/some']), {
    code: 2,
    says: ['--resume', 'layerline resume RUN'],
  });
});
