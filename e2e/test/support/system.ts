import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { PROGRAM } from './layerline.js';

const NOBODY = 65_534;

/**
 * Mounts a disk of some size, for as long as a test takes.
 * @returns its folder, or undefined where this user on this system cannot
 */
export function mountDisk(t: Test, kilobytes: number): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'layerline-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'layerline-test', folder]);
  t.teardown(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  return mounted.status === 0 ? folder : undefined;
}

/** Leaves no space on the disk of a folder. */
export function fillDisk(folder: string): void {
  for (let size = 2 ** 20; size >= 1; size /= 2) {
    for (let number = 0; ; number++) {
      try {
        writeFileSync(join(folder, `filler-${size}-${number}`), Buffer.alloc(size));
      } catch {
        break;
      }
    }
  }
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
