/** `node tools/build.mjs [PROJECT…] [tsc -b flags]`: builds those projects and what they depend on, or else all of them. */
import { fileURLToPath } from 'node:url';
import { build } from './build/ensure-built.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');
const args = process.argv.slice(2);
const projects = args.some((arg) => !arg.startsWith('-')) ? args : ['.', ...args];

try {
  process.exitCode = (await build(root, projects)) ? 0 : 1;
} catch (error) {
  process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
