import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { posix } from 'node:path';

/** Where control groups are, on Linux. */
const GROUPS = '/sys/fs/cgroup';
/** v1 has no other word for no limit than a number beyond any machine. */
const NO_LIMIT_BYTES = 2 ** 60;

/** Reads a small file; undefined where there is none. */
type Read = (path: string) => string | undefined;

/** What control groups (cgroups, v1 and v2) allow this process. */
export interface Allowance {
  /** Of cores, such as 0.5; Infinity for no limit. */
  readonly cores: number;
  /** In bytes; Infinity for no limit. */
  readonly memory: number;
}

/**
 * The cores that processes here may use: those of the machine that the scheduler gives this one, or as many whole ones as a quota
 * amounts to, at least 1. Node.js counts quotas only from version 24 on.
 */
export function coresHere(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(allowanceHere().cores)));
}

/** The memory that processes here may use, in bytes: that of the machine, or of a container on it. */
export function memoryHere(): number {
  // Node.js returns 0, or more than there is, if nothing constrains it.
  return Math.min(totalmem(), process.constrainedMemory() || Infinity, allowanceHere().memory);
}

/** What is allowed here; no limits where there are no control groups. */
export function allowanceHere(read: Read = readIfThere): Allowance {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers: controllers.split(','), path }];
  });
  const limits = groups.flatMap(({ controllers, path }): Allowance[] => {
    // A container may see its own group as the root, or under a path that is the host's.
    return upFrom(path).map((folder) =>
      controllers[0] === '' ? ofGroup(folder, read) : ofOldGroup(folder, controllers, read),
    );
  });
  return {
    cores: Math.min(Infinity, ...limits.map(({ cores }) => cores)),
    memory: Math.min(Infinity, ...limits.map(({ memory }) => memory)),
  };
}

/** A path and all above it. */
function upFrom(path: string): string[] {
  const all: string[] = [];
  for (let folder = posix.join('/', path); ; folder = posix.dirname(folder)) {
    all.push(folder);
    if (folder === '/') return all;
  }
}

/** https://docs.kernel.org/admin-guide/cgroup-v2.html */
function ofGroup(folder: string, read: Read): Allowance {
  const file = (name: string): string => read(posix.join(GROUPS, folder, name)) ?? '';
  const [quota, period] = file('cpu.max').trim().split(/\s+/);
  return { cores: share(quota, period), memory: bytes(file('memory.max')) };
}

/** https://docs.kernel.org/scheduler/sched-bwc.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html */
function ofOldGroup(folder: string, controllers: readonly string[], read: Read): Allowance {
  const file = (controller: string, name: string): string =>
    controllers.includes(controller)
      ? (read(posix.join(GROUPS, controllers.join(','), folder, name)) ??
        read(posix.join(GROUPS, controller, folder, name)) ??
        '')
      : '';
  return {
    cores: share(file('cpu', 'cpu.cfs_quota_us'), file('cpu', 'cpu.cfs_period_us')),
    memory: bytes(file('memory', 'memory.limit_in_bytes')),
  };
}

/** A quota of -1 or `max` is none. */
function share(quota = '', period = ''): number {
  const cores = Number(quota) / Number(period);
  return quota.trim() !== '' && cores > 0 && Number.isFinite(cores) ? cores : Infinity;
}

function bytes(text: string): number {
  const limit = text.trim() === '' ? NaN : Number(text);
  return limit > 0 && limit < NO_LIMIT_BYTES ? limit : Infinity;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
