import { join } from 'node:path';
import t from 'tap';
import { Cluster } from '../support/cluster.js';
import { hostileRun, NETWORK, offering, TO_NEIGHBOURS } from '../support/hostile.js';
import type { TrainResult } from '../support/layerline.js';
import { readLines } from '../support/run-folder.js';

await t.test('what a neighbour does to a stage is noticed as what it is, and healed', async (t) => {
  const cluster = await Cluster.open(t);
  const ways = Object.keys(TO_NEIGHBOURS);
  const node = await cluster.node('box', undefined, '--slots', '20', ...offering(['none', ...ways], 'once'));
  const train = (args: readonly string[]): Promise<TrainResult> =>
    cluster.ask(undefined, ['train', '--quiet', ...args]);
  const innocent = train([...NETWORK, '--epochs', '30']);
  const undisturbed = await train(hostileRun('none'));
  t.match(undisturbed, { outcome: 'completed', restarts: 0 });

  for (const [way, reason] of Object.entries(TO_NEIGHBOURS)) {
    await t.test(way, async (t) => {
      const result = await train(hostileRun(way));
      t.match(result, { outcome: 'completed', restarts: 1, weightsSha256: undisturbed.weightsSha256 });
      const log = readLines(join(cluster.machine('coordinator').cwd, 'runs', result.run, 'log.jsonl'));
      const failures = log
        .map(({ msg }) => String(msg))
        .filter((msg) => msg.endsWith('; going back to the newest snapshot'));
      t.equal(failures.length, 1);
      t.match(failures[0], reason);
      t.notMatch(failures[0], /[\0\x1b]/);
    });
  }
  t.match(await innocent, { outcome: 'completed', restarts: 0, exact: true });
  t.equal(node.stdout.match(/joined/g)?.length, 1, 'the node was never thrown out');
});
