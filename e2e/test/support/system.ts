import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROGRAM } from './layerline.js';
import type { Scope } from './scope.js';

const NOBODY = 65_534;

/**
 * A port of the loopback that nobody listens on, among those that the system gives to no one who asks for any: so it stays
 * free while a program that had it is started again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** The sockets of a process that speak TCP over IPv4 or IPv6, by inode; known on Linux alone. */
export function internetSockets(pid: number): string[] {
  const tables = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1),
  );
  const inodes = new Set(tables.map((row) => row.trim().split(/\s+/)[9]));
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${descriptor}`)) ?? [];
    return inode !== undefined && inodes.has(inode) ? [inode] : [];
  });
}

/** What a descriptor stands for; nothing if it has been closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/**
 * Mounts a disk of some size, for as long as a test or another scope takes.
 * @returns its folder, or undefined where this user on this system cannot
 */
export function mountDisk(scope: Scope, kilobytes: number): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'layerline-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'layerline-test', folder]);
  scope.teardown(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  return mounted.status === 0 ? folder : undefined;
}

/** Leaves no space on the disk of a folder. @returns the files that take it */
export function fillDisk(folder: string): string[] {
  const fillers: string[] = [];
  for (let size = 2 ** 20; size >= 1; size /= 2) {
    for (let number = 0; ; number++) {
      const filler = join(folder, `filler-${size}-${number}`);
      try {
        writeFileSync(filler, Buffer.alloc(size));
      } catch {
        break;
      } finally {
        if (existsSync(filler)) fillers.push(filler);
      }
    }
  }
  return fillers;
}

/**
 * A user whom permissions bind: this one, or another where this one is the superuser.
 * @returns undefined where there is none who could run the command
 */
export function ordinaryUser(): { readonly uid?: number } | undefined {
  if (process.getuid?.() !== 0) return {};
  return [process.execPath, PROGRAM].every(isOpenToAll) ? { uid: NOBODY } : undefined;
}

function isOpenToAll(path: string): boolean {
  const folder = dirname(path);
  return folder === path || ((statSync(folder).mode & 0o001) !== 0 && isOpenToAll(folder));
}
