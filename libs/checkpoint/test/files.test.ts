import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ensureFolder } from '../src/files.js';

/** Goes into a folder, so that short relative paths lead from it. */
function goInto(folder: string): () => void {
  const before = process.cwd();
  process.chdir(folder);
  return () => process.chdir(before);
}

t.test('folders that are missing are made, wherever their path begins, and again does no harm', async (t) => {
  const root = t.testdir();
  t.teardown(goInto(root));
  for (const path of ['s', join('a', 'b', 'c'), join('a', 'b', 'd'), join(root, 'x', 'y')]) {
    await ensureFolder(path);
    await ensureFolder(path);
    t.ok(existsSync(path), path);
  }
});
