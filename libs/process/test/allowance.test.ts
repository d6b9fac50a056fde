import { availableParallelism, totalmem } from 'node:os';
import t from 'tap';
import { allowanceHere, coresHere, memoryHere } from '../src/index.js';

const files =
  (content: Readonly<Record<string, string>>) =>
  (path: string): string | undefined =>
    content[path];

t.test('version 2: the least of a group and those above it', (t) => {
  const group = { '/proc/self/cgroup': '0::/kubepods/pod1/box\n' };
  const limits = {
    '/sys/fs/cgroup/kubepods/pod1/box/cpu.max': '50000 100000\n',
    '/sys/fs/cgroup/kubepods/pod1/box/memory.max': 'max\n',
    '/sys/fs/cgroup/kubepods/pod1/cpu.max': '200000 100000\n',
    '/sys/fs/cgroup/kubepods/pod1/memory.max': '629145600\n',
  };
  t.same(allowanceHere(files({ ...group, ...limits })), { cores: 0.5, memory: 629_145_600 });
  t.same(allowanceHere(files(group)), { cores: Infinity, memory: Infinity }, 'none');
  const own = { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000' };
  t.same(allowanceHere(files(own)), { cores: 1.5, memory: Infinity }, 'in a namespace');
  t.end();
});

t.test('version 1: each controller has folders of its own', (t) => {
  const groups = '12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n';
  const limits = {
    '/proc/self/cgroup': groups,
    // Docker mounts the container's own group as the root.
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '629145600\n',
  };
  t.same(allowanceHere(files(limits)), { cores: 0.5, memory: 629_145_600 });
  const none = { ...limits, '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n' };
  t.equal(allowanceHere(files(none)).cores, Infinity);
  t.end();
});

t.test('no control groups, or unreadable ones, are no limits', (t) => {
  t.same(allowanceHere(files({})), { cores: Infinity, memory: Infinity });
  t.same(allowanceHere(files({ '/proc/self/cgroup': 'what?\n0::/\n', '/sys/fs/cgroup/cpu.max': 'x y' })), {
    cores: Infinity,
    memory: Infinity,
  });
  t.end();
});

t.test('here', (t) => {
  t.ok(coresHere() >= 1 && coresHere() <= availableParallelism() && Number.isInteger(coresHere()));
  t.ok(memoryHere() > 0 && memoryHere() <= totalmem());
  t.end();
});
