import { setTimeout as sleep } from 'node:timers/promises';
import { firstLines } from './display/fitting.js';
import { LiveLines } from './display/live-lines.js';
import { canRedraw, wrapped } from './display/output.js';
import { printText } from './display/print-line.js';
import { printable } from './display/printable.js';
import { Interruption } from './interruption.js';

const REFRESH_MS = 1_000;

/**
 * Prints what there is to see, and looks again every second until a look is the last, or until Ctrl-C. On a terminal, each text
 * takes the place of the one before, as far as there is room. @param isJson whether the text is for programs @returns the exit code
 */
export async function watchText(
  look: () => Promise<{ readonly text: string; readonly isLast: boolean }>,
  isJson: boolean,
): Promise<number> {
  const interruption = new Interruption();
  interruption.start();
  let live: LiveLines | undefined;
  try {
    for (;;) {
      const { text, isLast } = await look();
      if (isJson) process.stdout.write(text);
      else if (isLast || !canRedraw(process.stdout)) {
        live?.close();
        live = undefined;
        printText(text);
      } else {
        live ??= new LiveLines(process.stdout);
        live.show(({ columns, rows }) => firstLines(wrapped(printable(text), columns).trimEnd().split('\n'), rows));
      }
      if (isLast) return 0;
      await sleep(REFRESH_MS, undefined, { signal: interruption.signal }).catch(() => undefined);
      if (interruption.signal.aborted) return 0;
    }
  } finally {
    live?.leave();
    interruption.stop();
  }
}
