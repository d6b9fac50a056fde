import type { RunEvent, RunHead } from '@layerline/api';

/** Shows a training to a person. */
export interface Display {
  /** Where the run stands: at first, and again after a connection was lost. */
  open(head: RunHead): void;
  handle(event: RunEvent): void;
  /** A line that stays. */
  say(line: string): void;
  /** Gives the terminal back. */
  close(): void;
}
