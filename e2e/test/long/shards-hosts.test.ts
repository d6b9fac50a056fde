import { basename, join } from 'node:path';
import t from 'tap';
import { Cluster } from '../support/cluster.js';
import { makeHosts, NO_HOSTS } from '../support/hosts.js';
import type { Host } from '../support/hosts.js';
import { json } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { nextSnapshot } from '../support/recovery.js';
import { loggedStages, readLines } from '../support/run-folder.js';

const NETWORK = ['--dataset', 'digits', '--layers', '272,200', '--engine', 'onnx', '--threads', '1'];
const TRAINING = [...NETWORK, '--epochs', '3', '--snapshot-every', '50', '--eval-every', '0'];

interface Operation {
  readonly state: string;
}

t.test(
  'a training over hosts is scaled and moved while it trains, and a shard is killed',
  { skip: NO_HOSTS },
  async (t) => {
    const [first, ...others] = makeHosts(t, 6) as [Host, ...Host[]];
    const cluster = await Cluster.open(t, first);
    const [operator, ...machines] = others as [Host, ...Host[]];
    const names = machines.map((_, index) => `node-${index + 1}`);
    await Promise.all(machines.map((host, index) => cluster.node(names[index] as string, host, '--slots', '3')));
    const expected = await json<TrainResult>(t, ['train', ...TRAINING, '--single-process', '--quiet']);

    const spread = ['--placement', 'layer-1/1=node-1,layer-1/2=node-2,layer-2=node-3'];
    const training = cluster.ask<TrainResult>(operator, [
      'train',
      ...TRAINING,
      '--shards',
      '2,1',
      ...spread,
      '--quiet',
      '--coordinator',
    ]);
    await cluster.learning();
    const folder = cluster.run ?? '';
    const run = basename(folder);
    /** The stream is held meanwhile but for what that takes, so that no machine is too fast for it. */
    const change = async (command: string, ...rest: readonly string[]): Promise<void> => {
      await cluster.operate(operator, ['pause', run]);
      const { state } = await cluster.ask<Operation>(operator, [command, run, ...rest, '--wait']);
      t.equal(state, 'applied', [command, ...rest].join(' '));
      await cluster.operate(operator, ['resume', run]);
    };
    await change('scale', 'layer-2', '--shards', '2');
    await nextSnapshot({ folder });
    process.kill(await until('layer-1/2', () => loggedStages(folder).get('layer-1/2')), 'SIGKILL');
    await change('move', 'layer-1/2', '--to', 'node-4');
    await nextSnapshot({ folder });
    await change('scale', 'layer-1', '--shards', '1');

    const result = await training;
    t.equal(result.weightsSha256, expected.weightsSha256);
    t.equal(result.testError, expected.testError);
    const revisions = readLines(join(folder, 'history.jsonl')).filter(({ type }) => type === 'revised');
    t.equal(revisions.length, 3, 'three revisions of the plan');
  },
);
