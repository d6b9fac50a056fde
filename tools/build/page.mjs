import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const DASHBOARD = join('apps', 'dashboard');
/** Where the page is put, relative to the workspace's root folder. */
export const PAGE = join('apps', 'cli', 'dist', 'page');

/**
 * Builds the dashboard's page. In a process of its own, since the bundler keeps threads that would outlive the build.
 * @param {string} root the workspace's root folder
 * @returns {Promise<boolean>} whether it was built; if not, standard error says why
 */
export async function buildPage(root) {
  const manifest = createRequire(join(root, DASHBOARD, 'package.json')).resolve('vite/package.json');
  const vite = join(dirname(manifest), 'bin', 'vite.js');
  const child = spawn(process.execPath, [vite, 'build'], {
    cwd: join(root, DASHBOARD),
    stdio: ['ignore', 'ignore', 2],
  });
  const [code] = await once(child, 'exit');
  return code === 0;
}
