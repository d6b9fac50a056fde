/**
 * `node tools/test.mjs PROJECT [NAME…] [--timeout=SECONDS] [--jobs=N]`: runs a built project's tests, or those files of them
 * whose names begin with a NAME, each for at most that long and N at once, and says what failed, or how many passed.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { readTap } from './test/read-tap.mjs';
import { runFiles } from './test/run-files.mjs';

/** tap's default of 30 s is for quick machines that have nothing else to do. */
const TIMEOUT_SECONDS = 300;
/** Files that take this long are named, slowest first. */
const SLOW_SECONDS = 10;

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

/** @param {import('./test/run-files.mjs').Ran[]} ran */
function slowFiles(ran) {
  const slow = ran.filter(({ seconds }) => seconds >= SLOW_SECONDS).sort((one, other) => other.seconds - one.seconds);
  return slow.map(({ file, seconds }) => `${basename(file, '.test.js')} ${seconds.toFixed(0)} s`).join(', ');
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { timeout: { type: 'string' }, jobs: { type: 'string' } },
});
const [project = '.', ...wanted] = positionals;
const timeout = Number(values.timeout ?? TIMEOUT_SECONDS);
const jobs = Number(values.jobs ?? availableParallelism());
const folder = resolve(project);
const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const files = testFiles(folder).filter((file) => {
  return wanted.length === 0 || wanted.some((name) => basename(file).startsWith(name));
});
const start = performance.now();
const output = join(folder, '.tap');
rmSync(join(output, 'results.json'), { force: true });
mkdirSync(output, { recursive: true });

const ran = await runFiles(folder, files, { timeout, jobs });
const results = ran.map(readTap);
const notRun = files.filter((file) => !ran.some((one) => one.file === file));
const failures = [
  ...results.flatMap((result) => result.failures),
  ...notRun.map((file) => ({ name: `${file} did not run`, detail: {} })),
];
const skipped = results.flatMap((result) => result.skipped);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
for (const failure of failures) process.stdout.write(describe(failure));
for (const skip of skipped) process.stdout.write(`- skipped: ${skip}\n`);
const slow = slowFiles(ran);
if (slow !== '') process.stdout.write(`slow: ${slow}\n`);

const counts = { passed, failed: failures.length, skipped: skipped.length };
const failed = failures.map((failure) => failure.name);
writeFileSync(join(output, 'results.json'), `${JSON.stringify({ name, ...counts, failures: failed })}\n`);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
const summary = `${passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`;
process.stdout.write(`${name}: ${files.length === 0 ? 'no tests' : summary}\n`);
process.exitCode = counts.failed > 0 ? 1 : 0;
