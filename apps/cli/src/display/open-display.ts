import type { Plan } from '@layerline/plan';
import type { Display } from './display.js';
import { printable } from './printable.js';
import { PlainDisplay } from './plain-display.js';
import { TerminalDisplay } from './terminal-display.js';

/**
 * The display that suits a stream: live lines on a terminal, plain lines elsewhere.
 * @param stream where a person is looking @param quiet show nothing
 */
export function openDisplay(stream: NodeJS.WriteStream, plan: Plan, quiet: boolean): Display {
  if (quiet) return new PlainDisplay(() => undefined, plan);
  return stream.isTTY
    ? new TerminalDisplay(stream, plan)
    : new PlainDisplay((line) => stream.write(`${printable(line)}\n`), plan);
}
