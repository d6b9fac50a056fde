import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as z from 'zod';

/** How a file names a process, such as the one that writes a run or the one that a coordinator is. */
export const processSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string().optional(),
  /** When the process began, where the system tells: another one that gets its number later began at another time. */
  born: z.string().optional(),
});
export type NotedProcess = z.infer<typeof processSchema>;

/** A process that is there. */
export interface FoundProcess {
  readonly pid: number;
  /** The machine that it is on. */
  readonly host: string;
}

export function thisProcess(): NotedProcess {
  return { pid: process.pid, host: hostname(), born: bornOf(process.pid) };
}

/** @returns undefined where the process is gone. One on another machine is taken to be there */
export function findProcess({ pid, host = hostname(), born }: NotedProcess): FoundProcess | undefined {
  if (host === hostname() && !(isAlive(pid) && isSame(born, bornOf(pid)))) return undefined;
  return { pid, host };
}

/** Whether a process of this number is there, whoever's it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Numbers of processes begin anew with a machine, and with a container, which may keep its name. */
function isSame(noted: string | undefined, found: string | undefined): boolean {
  return noted === undefined || found === undefined || noted === found;
}

/** The boot of the machine, and the ticks from there to the start of the process. Only Linux tells, in /proc. */
function bornOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may have spaces in it; the start is the 22nd.
    const ticks = stat.slice(stat.lastIndexOf(')')).split(' ')[20];
    return ticks === undefined ? undefined : `${boot} ${ticks}`;
  } catch {
    return undefined;
  }
}
