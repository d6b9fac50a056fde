import t from 'tap';
import { Cluster } from './support/cluster.js';
import { start } from './support/layerline.js';
import { until } from './support/processes.js';

/** Longer than the test waits. */
const LONG = ['--dataset', 'digits', '--layers', '32,32', '--epochs', '100000', '--eval-every', '0'];
const TIME = /^\d\d:\d\d:\d\d /;

t.test('whoever leaves is told what goes on and how to come back, and the coordinator tells it all', async (t) => {
  const cluster = await Cluster.open(t);
  const node = await cluster.node('box', undefined);
  const way = cluster.way('operator', 'operator');
  const follower = start(t, ['train', '--coordinator', way[1] ?? '', ...way.slice(2), ...LONG], {
    ...cluster.machine('operator'),
  });
  const run = await until('the run', () => /^Run (\S+)\. Ctrl-C leaves it running/m.exec(follower.stdout)?.[1]);
  const attach = `layerline attach ${run} ${way.join(' ')}`;
  await cluster.learning();
  follower.kill('SIGINT');
  t.equal((await follower.ended).code, 130);
  t.match(follower.stdout, `\nLeft run ${run} running. Follow it again: ${attach}\n`);

  node.kill('SIGINT');
  t.equal((await node.ended).code, 130);
  const again = `layerline node ${cluster.way('node', 'box').join(' ')} --name box`;
  t.match(
    node.stdout,
    `\nLeft: runs that it had stages of go on, on other nodes or once there are enough. Join again: ${again}\n`,
  );

  const { coordinator } = cluster;
  await until('the wait', () => /node box: left\n.*run \S+: waiting: /s.test(coordinator.stdout));
  coordinator.kill('SIGINT');
  t.equal((await coordinator.ended).code, 130);
  t.match(coordinator.stdout, '\nThen 1 run that is under way goes on, from the newest snapshot\n');
  t.match(coordinator.stdout, `\nStart it again: layerline coordinator --port ${new URL(cluster.address).port}\n`);
  const told = coordinator.stdout.split('\n').filter((line) => TIME.test(line));
  t.match(
    told.map((line) => line.replace(TIME, '')),
    [
      /^node box: joined from 127\.0\.0\.1, with \d+ cores? and 8 slots$/,
      `run ${run}: submitted: layers 32, 32, 100000 epochs`,
      `run ${run}: waiting: box is working out its numerics`,
      `run ${run}: training on box`,
      'node box: left',
      /^run \S+: .*box.*; going back to the newest snapshot$/,
      /^run \S+: waiting: /,
    ],
  );
});
