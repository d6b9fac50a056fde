import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { readFileSync } from 'node:fs';

/** Where something was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${process.arch}`,
    node: process.version,
  };
}

/**
 * A command that may use one core only, on systems that can say so; elsewhere the command as it is, which then has one
 * thread to compute with but more for what goes on beside.
 */
export function onOneCore(program: string, args: readonly string[]): { program: string; args: readonly string[] } {
  const core = firstCore();
  return core === undefined ? { program, args } : { program: 'taskset', args: ['-c', core, program, ...args] };
}

/** The first of the cores that Linux lets this process use. */
function firstCore(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const [, core] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return core;
}
