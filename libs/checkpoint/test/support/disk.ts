import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';

/** Does something on a file system of 64 KiB, where this user may make one. */
export async function onSmallDisk(t: Test, act: (disk: string) => Promise<void>): Promise<void> {
  const disk = t.testdir();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) {
    t.comment('skipped: this user may not mount a small file system here');
    return;
  }
  await act(disk).finally(() => spawnSync('umount', [disk]));
}
