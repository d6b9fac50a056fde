import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Host, makeHosts, NO_HOSTS } from '../test/support/hosts.js';
import { mountDisk } from '../test/support/system.js';
import type { Surroundings } from './cluster.js';

/** For the program that runs among the hosts: where they are. */
const VARIABLE = 'LAYERLINE_CHAOS_SURROUNDINGS';
const DISK_KILOBYTES = 65_536;
const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;

/** What the program runs in, once it has been started again by {@link withSurroundings}. */
export function surroundings(): Surroundings | undefined {
  const text = process.env[VARIABLE];
  if (text === undefined) return undefined;
  const { centre, hosts, disk } = JSON.parse(text) as Surroundings;
  const host = ({ namespace, address, cable }: Host): Host => new Host(namespace, address, cable);
  return { centre: host(centre), hosts: hosts.map(host), disk };
}

/**
 * Where this user can make hosts, makes some and a disk, starts this program again on one of them, since nothing else
 * reaches them, and removes all afterwards. Elsewhere does the program's work at once.
 * @returns the exit code
 */
export async function withSurroundings(nodes: number, work: () => Promise<number>): Promise<number> {
  if (surroundings() !== undefined || NO_HOSTS !== false) return work();
  const cleanUps: (() => void)[] = [];
  const scope = { teardown: (action: () => void): void => void cleanUps.unshift(action) };
  try {
    const [desk, centre, ...hosts] = makeHosts(scope, nodes + 2) as [Host, Host, ...Host[]];
    const disk = mountDisk(scope, DISK_KILOBYTES);
    if (disk === undefined) return await work();
    const [program = '', ...args] = [...desk.prefix, process.execPath, ...process.argv.slice(1)];
    const env = { ...process.env, [VARIABLE]: JSON.stringify({ centre, hosts, disk } satisfies Surroundings) };
    const child = spawn(program, args, { env, stdio: 'inherit' });
    // A terminal sends it the same signal; what is made here is removed when it has ended.
    for (const signal of INTERRUPTS) process.on(signal, () => child.kill(signal));
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    for (const cleanUp of cleanUps) cleanUp();
  }
}
