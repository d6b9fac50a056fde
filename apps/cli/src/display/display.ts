import type { RunEvent, RunHead } from '@layerline/api';

/** Shows a training to a person. */
export interface Display {
  /** Shows where the run stands: at the start, and again whenever a lost connection is restored. */
  open(head: RunHead): void;
  handle(event: RunEvent): void;
  /** Prints a line that stays. */
  say(line: string): void;
  /** Gives the terminal back. */
  close(): void;
}
