import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as z from 'zod';

/** How a file identifies a process, such as the writer of a run, or a coordinator. */
export const processSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string().optional(),
  /** When the process started, if the system tells: a later process with the same pid has a different start. */
  born: z.string().optional(),
});
export type NotedProcess = z.infer<typeof processSchema>;

/** A process that exists. */
export interface FoundProcess {
  readonly pid: number;
  /** Name of the machine that it is on. */
  readonly host: string;
}

export function thisProcess(): NotedProcess {
  return { pid: process.pid, host: hostname(), born: bornOf(process.pid) };
}

/** @returns undefined if the process is gone; one on another machine is assumed to exist */
export function findProcess({ pid, host = hostname(), born }: NotedProcess): FoundProcess | undefined {
  if (host === hostname() && !(isAlive(pid) && isSame(born, bornOf(pid)))) return undefined;
  return { pid, host };
}

/** Whether a process with this pid exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Pids start over when a machine reboots or a container restarts, which may keep its host name. */
function isSame(noted: string | undefined, found: string | undefined): boolean {
  return noted === undefined || found === undefined || noted === found;
}

/** The machine's boot id, and the clock ticks from boot to the start of the process. Only Linux tells, in /proc. */
function bornOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may contain spaces; the start time is the 22nd.
    const ticks = stat.slice(stat.lastIndexOf(')')).split(' ')[20];
    return ticks === undefined ? undefined : `${boot} ${ticks}`;
  } catch {
    return undefined;
  }
}
