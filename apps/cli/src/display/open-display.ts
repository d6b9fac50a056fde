import type { Display, ShownPlan } from './display.js';
import { canRedraw } from './output.js';
import type { Output } from './output.js';
import { PlainDisplay } from './plain-display.js';
import { printText } from './print-line.js';
import { TerminalDisplay } from './terminal-display.js';

/**
 * The display that suits a stream: lines that are redrawn where that can be done, plain lines elsewhere.
 * @param output where a person is looking @param quiet show nothing
 */
export function openDisplay(output: Output, plan: ShownPlan, quiet: boolean): Display {
  if (quiet) return new PlainDisplay(() => undefined, plan);
  return canRedraw(output)
    ? new TerminalDisplay(output, plan)
    : new PlainDisplay((line) => printText(`${line}\n`, output), plan);
}
