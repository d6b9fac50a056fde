import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** tap's default of 30 s is for quick machines that have nothing else to do. A flag in `flags` overrides this one. */
const TIMEOUT_SECONDS = 120;

function tapProgram() {
  const manifest = createRequire(import.meta.url).resolve('tap/package.json');
  return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.tap);
}

/**
 * Runs test files with tap. They write to this process's standard error as they like; their TAP is returned.
 * @param {string} folder the project's folder, in which the tests run
 * @param {string[]} files relative to `folder`
 * @param {string[]} flags for tap
 * @returns {Promise<{ tap: string, exit: string | undefined }>} `exit` says how tap ended when it ended badly
 */
export function runTap(folder, files, flags) {
  const args = [
    ...['run', '--disable-coverage', '--allow-empty-coverage', '--reporter=tap', '--no-color'],
    ...[`--timeout=${TIMEOUT_SECONDS}`, ...flags, ...files],
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tapProgram(), ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let tap = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (tap += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const exit = signal === null ? `exit code ${code}` : `signal ${signal}`;
      resolve({ tap, exit: code === 0 ? undefined : exit });
    });
    for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(name, () => child.kill(name));
  });
}
