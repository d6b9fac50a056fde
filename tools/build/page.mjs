import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const DASHBOARD = join('apps', 'dashboard');
/** Where the page is put, relative to the workspace's root folder. */
export const PAGE = join('apps', 'cli', 'dist', 'page');

/** How files are named whose contents are not compressed yet. */
const COMPRESSIBLE = /\.(css|html|js|json|svg|txt)$/;

/**
 * Builds the dashboard's page, with compressed files beside the others. In a process of its own, since the bundler keeps threads that would outlive the build.
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
  if (code !== 0) return false;
  compressFiles(join(root, PAGE));
  return true;
}

/**
 * Puts `FILE.br` and `FILE.gz` beside each file that gets shorter by it, as small as they can be.
 * @param {string} folder
 */
function compressFiles(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    const packed = {
      br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
      gz: gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }),
    };
    for (const [ending, content] of Object.entries(packed)) {
      if (content.length < bytes.length) writeFileSync(`${path}.${ending}`, content);
    }
  }
}
