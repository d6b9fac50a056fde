import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { Interruption } from './interruption.js';

const REFRESH_MS = 1_000;

/**
 * Prints what there is to see, and looks again every second until a look is the last, or until Ctrl-C. On a terminal, each text
 * takes the place of the one before. @param isJson whether the text is for programs @returns the exit code
 */
export async function watchText(
  look: () => Promise<{ readonly text: string; readonly isLast: boolean }>,
  isJson: boolean,
): Promise<number> {
  const interruption = new Interruption();
  interruption.start();
  const update = createLogUpdate(process.stdout);
  try {
    for (;;) {
      const { text, isLast } = await look();
      if (process.stdout.isTTY && !isJson && !isLast) update(text);
      else {
        update.clear();
        process.stdout.write(text);
      }
      if (isLast) return 0;
      await sleep(REFRESH_MS, undefined, { signal: interruption.signal }).catch(() => undefined);
      if (interruption.signal.aborted) return 0;
    }
  } finally {
    interruption.stop();
  }
}
