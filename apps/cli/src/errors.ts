import { printText } from './display/print-line.js';
import { InterruptedError } from './interruption.js';

/** Exit codes of the command. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** Codes of errors that the user can fix by asking for something else. */
const USAGE_CODES: ReadonlySet<string> = new Set(['ERR_CONFIG', 'ERR_DATASET_UNKNOWN']);

/** Tells the user about an error, on standard error. @returns the exit code */
export function explain(error: unknown): number {
  if (error instanceof InterruptedError) {
    process.stderr.write('layerline: stopped\n');
    return error.exitCode;
  }
  const { code, message, stack } = error as Error & { code?: unknown };
  const known = typeof code === 'string' && code.startsWith('ERR_');
  // An error without one of our codes is a bug of ours: where it happened helps to fix it.
  const told = known ? message : `a fault of its own, to be reported with these lines: ${stack ?? String(error)}`;
  printText(
    `layerline: ${told}
`,
    process.stderr,
  );
  return known && USAGE_CODES.has(code) ? EXIT.usage : EXIT.failure;
}
