import { interruptPrograms } from './child.js';

/** What shells expect after a signal: 128 + its number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Makes Ctrl-C and its like end the programs that are being measured, so that what was measured before can still be
 * written; the second one ends the benchmark at once.
 * @returns tells the exit code that the first signal asks for, once there was one
 */
export function followSignals(): () => number | undefined {
  let exitCode: number | undefined;
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      interruptPrograms();
      if (exitCode !== undefined) process.exit(exitCode);
      exitCode = code;
    });
  }
  return () => exitCode;
}
