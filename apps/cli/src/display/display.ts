import type { Plan } from '@layerline/plan';
import type { TrainingListener } from '../training/training.js';
import { PlainDisplay } from './plain-display.js';
import { TerminalDisplay } from './terminal-display.js';

/** Shows a training to a person. */
export interface Display extends TrainingListener {
  /** A line that stays. */
  say(line: string): void;
  /** Gives the terminal back. */
  close(): void;
}

/**
 * The display that suits a stream: live lines on a terminal, plain lines elsewhere.
 * @param stream where a person looks @param quiet show nothing
 */
export function openDisplay(stream: NodeJS.WriteStream, plan: Plan, quiet: boolean): Display {
  if (quiet) return new PlainDisplay(() => undefined, plan);
  return stream.isTTY ? new TerminalDisplay(stream, plan) : new PlainDisplay((line) => stream.write(`${line}\n`), plan);
}
