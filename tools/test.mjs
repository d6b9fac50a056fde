/**
 * `node tools/test.mjs PROJECT [--long] [--timeout=SECONDS] [--jobs=N]`: runs a built project's tests, or with `--long` those
 * that lie in `test/long`, each file for at most that long and N at once, and says what failed, or how many passed.
 * `node tools/test.mjs PROJECT NAME…`: runs the files whose names begin with a NAME, long ones included.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { readTap } from './test/read-tap.mjs';
import { runFiles } from './test/run-files.mjs';

/** tap's default of 30 s is meant for fast machines with nothing else to do. */
const TIMEOUT_SECONDS = 300;
/** Files that take this long are named, slowest first. */
const SLOW_SECONDS = 10;
/** Where in `test` the tests lie that `npm test` has no time for. */
const LONG = `long${sep}`;

/**
 * The tests of a project, by their sources, since the compiler leaves the output of a test that is gone where it was.
 * @param {string} folder
 * @returns {string[]} relative to `test` in `folder`
 */
function testFiles(folder) {
  /** @type {string[]} */
  let entries = [];
  try {
    entries = readdirSync(join(folder, 'test'), { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  return entries.filter((name) => name.endsWith('.test.ts')).sort();
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
  options: { long: { type: 'boolean', default: false }, timeout: { type: 'string' }, jobs: { type: 'string' } },
});
const [project = '.', ...wanted] = positionals;
const timeout = Number(values.timeout ?? TIMEOUT_SECONDS);
const jobs = Number(values.jobs ?? availableParallelism());
const folder = resolve(project);
const { name, nx } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const sources = testFiles(folder);
if (sources.some((source) => source.startsWith(LONG)) && nx.targets['test-long'] === undefined)
  throw new Error(`${name} has long tests, which nothing would run: give it an nx target test-long`);
const chosen = sources.filter((source) => {
  if (wanted.length > 0) return wanted.some((name) => basename(source).startsWith(name));
  return source.startsWith(LONG) === values.long;
});
const files = chosen.map((source) => join('dist', 'test', source.replace(/\.ts$/, '.js')));
const start = performance.now();
const resultsFile = join(folder, '.tap', values.long ? 'results-long.json' : 'results.json');
rmSync(resultsFile, { force: true });
mkdirSync(dirname(resultsFile), { recursive: true });

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
writeFileSync(resultsFile, `${JSON.stringify({ name, ...counts, failures: failed })}\n`);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
const summary = `${passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`;
process.stdout.write(`${name}: ${files.length === 0 ? 'no tests' : summary}\n`);
process.exitCode = counts.failed > 0 ? 1 : 0;
