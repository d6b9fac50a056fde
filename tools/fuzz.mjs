/**
 * `npm run fuzz [-- RUNS [SEED]]`: the protocol's fuzz tests at their nightly length, a million malformed frames and as many
 * malformed messages unless told otherwise. Prints how many were tried, accepted and refused, and the seed.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from './build/ensure-built.mjs';

const NIGHTLY_RUNS = 1_000_000;
/** The lines of a test's output that give its counts, or say what went wrong. */
const NOTEWORTHY = /^\s*(# .*(tried|connections|total)|not ok|.*Counterexample)/;

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');
const [runs = `${NIGHTLY_RUNS}`, seed = `${Math.floor(Math.random() * 2 ** 31)}`] = process.argv.slice(2);
const env = { ...process.env, LAYERLINE_FUZZ_RUNS: runs, LAYERLINE_FUZZ_SEED: seed, TAP_TIMEOUT: '0' };

/**
 * @param {string} name of a fuzz test
 * @returns {Promise<boolean>} whether it passed
 */
async function fuzz(name) {
  const began = performance.now();
  const program = `libs/protocol/dist/test/${name}.test.js`;
  const child = spawn(process.execPath, [program], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const lines = text.split('\n').filter((line) => NOTEWORTHY.test(line));
  for (const line of lines) process.stdout.write(`${line.trim().replace(/^# /, '')}\n`);
  process.stdout.write(`${name}: ${code === 0 ? 'passed' : 'FAILED'} in ${seconds(performance.now() - began)} s\n`);
  return code === 0;
}

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return (milliseconds / 1000).toFixed(0);
}

if (await build(root, ['libs/protocol'])) {
  process.stdout.write(`${runs} malformed frames and ${runs} malformed messages, seed ${seed}\n`);
  for (const name of ['fuzz-codec', 'fuzz-messages']) {
    if (!(await fuzz(name))) process.exitCode = 1;
  }
} else {
  process.exitCode = 1;
}
