/**
 * `node tools/sum-results.mjs`: prints how many tests passed and how many failed when each project's tests last ran.
 * `node tools/sum-results.mjs --failures`: prints which ones failed, one a line.
 * `node tools/sum-results.mjs --clear`: deletes those results.
 */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['libs', 'apps'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(group, name)));
const files = [...folders, 'e2e'].flatMap((folder) =>
  ['results.json', 'results-long.json'].map((name) => join(root, folder, '.tap', name)),
);

const results = () => files.filter((file) => existsSync(file)).map((file) => JSON.parse(readFileSync(file, 'utf8')));

if (process.argv.includes('--clear')) {
  for (const file of files) rmSync(file, { force: true });
} else if (process.argv.includes('--failures')) {
  for (const { name, failures } of results()) {
    for (const failure of failures) process.stdout.write(`${name}: ${failure}\n`);
  }
} else {
  let passed = 0;
  let failed = 0;
  for (const counts of results()) {
    passed += counts.passed;
    failed += counts.failed;
  }
  process.stdout.write(`${passed} ${failed}\n`);
}
