import { Parser } from 'tap-parser';

/**
 * @typedef {{ name: string, detail: Record<string, unknown> }} Failure
 * @typedef {{ passed: number, skipped: string[], failures: Failure[] }} Results
 */

/** What tap says about the process of a test, which nobody needs who reads of a failure. */
const NOISE = new Set(['args', 'command', 'cwd', 'env', 'externalID', 'stdio', 'isToplevel']);

/**
 * @param {Record<string, unknown> | null} diagnostics
 * @returns {Record<string, unknown>}
 */
function relevant(diagnostics) {
  return Object.fromEntries(Object.entries(diagnostics ?? {}).filter(([key]) => !NOISE.has(key)));
}

/**
 * Counts the assertions of a test file, however deeply their subtests are nested.
 * @param {import('./run-files.mjs').Ran} ran
 * @returns {Results}
 */
export function readTap({ file, tap, exit }) {
  /** @type {Results} */
  const results = { passed: 0, skipped: [], failures: [] };
  let isSound = exit === undefined;
  for (const [event, value] of Parser.parse(tap, { flat: true })) {
    if (event === 'assert') {
      const name = `${file} > ${value.name}`;
      if (value.skip !== false || value.todo !== false) results.skipped.push(`${name} (${value.skip || 'to do'})`);
      else if (value.ok) results.passed++;
      else results.failures.push({ name, detail: relevant(value.diag) });
    }
    if (event === 'complete') isSound &&= value.ok;
  }
  // A file that dies, breaks off or asserts nothing has failed as a whole, even if none of its assertions has.
  const isEmpty = results.passed + results.skipped.length === 0;
  if (results.failures.length === 0 && (!isSound || isEmpty)) {
    const what = exit ?? (isEmpty ? 'tested nothing' : 'broke off');
    results.failures.push({ name: `${file} ${what}`, detail: { tail: tap.slice(-2000) } });
  }
  return results;
}
