import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Finds the native TypeScript compiler (TypeScript 7, several times as fast as the one in JavaScript).
 * @param {string} root
 * @returns {string} a script for Node
 */
function findCompiler(root) {
  try {
    const manifest = createRequire(join(root, 'package.json')).resolve('tsc-native/package.json');
    // The compiler itself, an optional dependency of that package, which an install can leave out.
    createRequire(manifest).resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`);
    return join(dirname(manifest), 'bin', 'tsc');
  } catch {
    const platform = `${process.platform}-${process.arch}`;
    throw new Error(`no TypeScript compiler for ${platform} in ${root}: run npm ci there, with optional dependencies`);
  }
}

/**
 * Runs `tsc -b` with `args`; what it prints goes to standard error, since standard output may carry a program's
 * result.
 * @param {string} root
 * @param {string[]} args projects (folders) and flags
 * @returns {Promise<boolean>} whether everything compiled
 */
export async function compile(root, args) {
  const child = spawn(process.execPath, [findCompiler(root), '-b', ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  const [code] = await once(child, 'exit');
  return code === 0;
}
