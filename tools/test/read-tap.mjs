import { Parser } from 'tap-parser';

/**
 * @typedef {{ name: string, detail: Record<string, unknown> }} Failure
 * @typedef {{ passed: number, skipped: string[], failures: Failure[], seconds: Map<string, number> }} Results `seconds`
 *   is how long each file took
 */

/** What tap knows of a test process and no reader of a failure needs. */
const NOISE = new Set(['args', 'command', 'cwd', 'env', 'externalID', 'stdio', 'isToplevel']);

/**
 * @param {Record<string, unknown> | null} diagnostics
 * @returns {Record<string, unknown>}
 */
function relevant(diagnostics) {
  return Object.fromEntries(Object.entries(diagnostics ?? {}).filter(([key]) => !NOISE.has(key)));
}

/**
 * @param {string} tap
 * @returns {Map<string, number>} the top-level tests, one a file, that came to an end, and the seconds that each took
 */
function endedFiles(tap) {
  const ends = tap.matchAll(/^(?:not )?ok \d+ - (.+?)(?: # (?:time=([\d.]+)ms)?.*)?$/gm);
  return new Map([...ends].map(([, name = '', milliseconds = '0']) => [name, Number(milliseconds) / 1000]));
}

/**
 * Counts the assertions of a TAP stream, whatever the depth of the subtests they stand in.
 * @param {string} tap
 * @param {string[]} files that the stream has to account for
 * @returns {Results}
 */
export function readTap(tap, files) {
  /** @type {Results} */
  const results = { passed: 0, skipped: [], failures: [], seconds: endedFiles(tap) };
  for (const [event, value] of Parser.parse(tap, { flat: true })) {
    if (event === 'assert') {
      if (value.skip !== false || value.todo !== false)
        results.skipped.push(`${value.name} (${value.skip || 'to do'})`);
      else if (value.ok) results.passed++;
      else results.failures.push({ name: value.name, detail: relevant(value.diag) });
    }
    if (event === 'complete') {
      // A file that dies, hangs or breaks its plan fails as a whole, even if no assertion in it has.
      for (const file of value.failures) {
        const isExplained = results.failures.some(({ name }) => file.name !== undefined && name.startsWith(file.name));
        if (!isExplained) results.failures.push({ name: file.name ?? file.tapError, detail: relevant(file.diag) });
      }
      if (value.bailout) results.failures.push({ name: `bailed out: ${value.bailout}`, detail: {} });
    }
  }
  // tap says nothing about a file that is not there, nor about those it had not started when its own time ran out.
  const missing = files.filter((file) => !results.seconds.has(file));
  for (const file of missing) results.failures.push({ name: `${file} did not run`, detail: {} });
  return results;
}
