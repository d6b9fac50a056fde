import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ActivityFeed } from '../src/events/activity.js';
import type { Executor } from '../src/executor.js';
import { RunRegistry } from '../src/run-registry.js';

const NO_PROCESS = 2 ** 22 + 1;
/** Carries out nothing: no run begins here. */
const NOBODY: Executor = {
  capabilities: () => [],
  check: () => undefined,
  execute: () => Promise.reject(new Error('no run begins')),
  release: () => undefined,
};

/** Puts the folder of a run there, and none that could be taken up. */
function putRun(root: string, id: string, state: object): void {
  mkdirSync(join(root, id));
  writeFileSync(join(root, id, 'config.json'), '{}');
  writeFileSync(join(root, id, 'state.json'), JSON.stringify(state));
}

t.test('a run that cannot be taken up is listed with the reason, like one that has failed', async (t) => {
  const root = t.testdir();
  putRun(root, 'died', { state: 'running', startedAt: '2026-01-01', pid: NO_PROCESS });
  putRun(root, 'failed', { state: 'failed', startedAt: '2026-01-02', pid: NO_PROCESS, failure: 'the disk is full' });
  const registry = new RunRegistry(root, '0.1.0', NOBODY, new ActivityFeed());
  const [sentence, ...others] = await registry.adopt({ takeOver: false });
  t.match(
    sentence,
    /^Cannot take up run died: .+config\.json is damaged, .+\. Fix that, then restart the coordinator$/,
  );
  t.same(others, []);
  const listed = await registry.earlier();
  t.same(
    listed.map(({ id, state }) => [id, state]),
    [
      ['failed', 'failed'],
      ['died', 'died'],
    ],
  );
  t.equal(listed[0]?.failure, 'the disk is full');
  t.ok(sentence?.includes(listed[1]?.failure ?? 'nothing'));
});

t.test('runs that others are at work on are left alone, with a word about each', async (t) => {
  const root = t.testdir();
  const state = { state: 'running', startedAt: '2026-01-01' };
  putRun(root, 'elsewhere', { ...state, pid: 7, host: 'another-machine' });
  putRun(root, 'here', { ...state, pid: process.ppid, host: hostname() });
  const registry = new RunRegistry(root, '0.1.0', NOBODY, new ActivityFeed());
  const busy = (id: string, where: string): string => {
    const end =
      'wait for it to end, or stop it. If you know that the process is gone, add --take-over. It is left as it is';
    return `Run ${id} is already under way, in ${where}: ${end}`;
  };
  const sentences = await registry.adopt({ takeOver: false });
  t.same(sentences.sort(), [
    busy('elsewhere', 'process 7 on another-machine'),
    busy('here', `process ${process.ppid} on ${hostname()}`),
  ]);
  t.match(await registry.earlier(), [{ state: 'running', failure: undefined }, { state: 'running' }]);
  const tried = await registry.adopt({ takeOver: true });
  t.equal(tried.filter((sentence) => sentence.startsWith('Cannot take up run')).length, 2, 'config.json is no good');
});

t.test('a run of a process that had the number of this one is taken up', async (t) => {
  const root = t.testdir();
  putRun(root, 'own', { state: 'running', startedAt: '2026-01-01', pid: process.pid, host: hostname() });
  const registry = new RunRegistry(root, '0.1.0', NOBODY, new ActivityFeed());
  t.match(await registry.adopt({ takeOver: false }), [/^Cannot take up run own: .+config\.json is damaged/]);
});
