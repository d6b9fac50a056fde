/**
 * `node tools/test.mjs PROJECT [NAME…] [tap flags]`: runs a built project's tests, or those files of them whose names begin
 * with a NAME, and says what failed, or how many passed.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { readTap } from './test/read-tap.mjs';
import { runTap } from './test/run-tap.mjs';

/**
 * The built tests of a project. They are found by their sources, since the compiler leaves the output of a test that
 * is gone where it was.
 * @param {string} folder
 * @returns {string[]} relative to `folder`
 */
function testFiles(folder) {
  /** @type {string[]} */
  let entries = [];
  try {
    entries = readdirSync(join(folder, 'test'), { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  const names = entries.filter((name) => name.endsWith('.test.ts')).sort();
  return names.map((name) => join('dist', 'test', name.replace(/\.ts$/, '.js')));
}

/** @param {import('./test/read-tap.mjs').Failure} failure */
function describe({ name, detail }) {
  const lines = Object.entries(detail).map(([key, value]) => {
    const text = (typeof value === 'string' ? value : inspect(value)).trimEnd();
    return text.includes('\n') ? `${key}:\n${text}` : `${key}: ${text}`;
  });
  return `✖ ${name}\n${lines.join('\n').replaceAll(/^/gm, '    ')}\n`;
}

/** Files that take this long are named, slowest first. */
const SLOW_SECONDS = 10;

/** @param {Map<string, number>} seconds */
function slowFiles(seconds) {
  const slow = [...seconds].filter(([, took]) => took >= SLOW_SECONDS).sort(([, one], [, other]) => other - one);
  return slow.map(([file, took]) => `${basename(file, '.test.js')} ${took.toFixed(0)} s`).join(', ');
}

const [project = '.', ...rest] = process.argv.slice(2);
const flags = rest.filter((argument) => argument.startsWith('-'));
const wanted = rest.filter((argument) => !argument.startsWith('-'));
const folder = resolve(project);
const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const files = testFiles(folder).filter((file) => {
  return wanted.length === 0 || wanted.some((name) => basename(file).startsWith(name));
});
const start = performance.now();
const output = join(folder, '.tap');
rmSync(join(output, 'results.json'), { force: true });
mkdirSync(output, { recursive: true });

const { tap, exit } = files.length === 0 ? { tap: '', exit: undefined } : await runTap(folder, files, flags);
const results = readTap(tap, files);
if (exit !== undefined && results.failures.length === 0) {
  results.failures.push({ name: `tap ended with ${exit} and no failed test`, detail: { tail: tap.slice(-2000) } });
}
for (const failure of results.failures) process.stdout.write(describe(failure));
for (const skip of results.skipped) process.stdout.write(`- skipped: ${skip}\n`);

const slow = slowFiles(results.seconds);
if (slow !== '') process.stdout.write(`slow: ${slow}\n`);
const counts = { passed: results.passed, failed: results.failures.length, skipped: results.skipped.length };
const failures = results.failures.map((failure) => failure.name);
writeFileSync(join(output, 'results.json'), `${JSON.stringify({ name, ...counts, failures })}\n`);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
const summary = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`;
process.stdout.write(`${name}: ${files.length === 0 ? 'no tests' : summary}\n`);
process.exitCode = counts.failed > 0 ? 1 : 0;
