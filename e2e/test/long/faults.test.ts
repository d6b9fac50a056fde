import { join } from 'node:path';
import { randomKey } from '@layerline/ops';
import t from 'tap';
import { Cluster } from '../../chaos/cluster.js';
import type { FaultName } from '../../chaos/faults.js';
import { playRound } from '../../chaos/round.js';
import { makeReference } from '../../chaos/verdict.js';

/** Some of what `npm run chaos` does at random, each once and in this order, on one cluster over TLS. */
const FAULTS: readonly FaultName[] = [
  'a part of an older life',
  'forged tickets',
  'a node that speaks for others',
  'kill two stages at once',
  'kill a stage during a rewind',
  'a frame comes twice',
  'kill a node',
  'damage the newest snapshot',
  'kill a stage during a snapshot',
  'kill the coordinator',
  'two coordinators at once',
];
/** Those that always hit a stage at work. */
const INTERRUPTING: readonly FaultName[] = FAULTS.filter((fault) => /frame comes twice|stage|snapshot/.test(fault));
const TRAINING = [
  ...['--dataset', 'digits', '--layers', '64,64,64', '--epochs', '8', '--eval-every', '0', '--snapshot-every', '40'],
];

t.test('a run to which everything happens ends as if nothing had', { timeout: 850_000 }, async (t) => {
  const folder = t.testdir();
  const reference = makeReference(TRAINING, join(folder, 'reference'));
  const cluster = new Cluster(join(folder, 'cluster'), ['node-a', 'node-b', 'node-c']);
  t.teardown(() => cluster.stop());
  await cluster.start();
  const left = [...FAULTS];
  const script = {
    key: randomKey(1),
    // So that each has a snapshot to go back to, however fast the machine is.
    peace: (run: string) => cluster.nextSnapshot(run),
    next: () => left.shift(),
  };
  const round = await playRound(cluster, TRAINING, reference, script, (line) => t.comment(line));
  t.equal(round.wrong, undefined);
  t.same(
    round.faults.map(({ fault }) => fault),
    FAULTS,
    'before it had ended',
  );
  const interrupted = new Set(round.faults.filter(({ recovery }) => recovery !== undefined).map(({ fault }) => fault));
  for (const fault of INTERRUPTING) t.ok(interrupted.has(fault), `${fault}: makes it go back`);
});
