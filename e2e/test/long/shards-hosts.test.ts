import { basename } from 'node:path';
import t from 'tap';
import { Cluster } from '../support/cluster.js';
import { makeHosts, NO_HOSTS } from '../support/hosts.js';
import type { Host } from '../support/hosts.js';
import { json } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { until } from '../support/processes.js';
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
    const run = basename(cluster.run ?? '');
    const steer = (...line: readonly string[]): Promise<Operation> => {
      const [command = '', ...rest] = line;
      return cluster.ask<Operation>(operator, [command, run, ...rest, '--wait']);
    };
    t.match(await steer('scale', 'layer-2', '--shards', '2'), { state: 'applied' });
    process.kill(await until('layer-1/2', () => loggedStages(cluster.run ?? '').get('layer-1/2')), 'SIGKILL');
    t.match(await steer('move', 'layer-1/2', '--to', 'node-4'), { state: 'applied' });
    t.match(await steer('scale', 'layer-1', '--shards', '1'), { state: 'applied' });

    const result = await training;
    t.equal(result.weightsSha256, expected.weightsSha256);
    t.equal(result.testError, expected.testError);
    const nodes = new Set(
      readLines(`${cluster.run}/history.jsonl`)
        .filter(({ type }) => type === 'revised')
        .map(({ id }) => id),
    );
    t.equal(nodes.size, 3, 'three revisions of the plan');
  },
);
