import { widthOf, wrapped } from './output.js';
import type { Output } from './output.js';
import { printable, printableLine } from './printable.js';

/**
 * Writes a line for people. Whatever it has in it from elsewhere stays on that line, and does not steer their terminal, on
 * which it is broken between words.
 */
export function printLine(line: string, output: Output = process.stdout): void {
  output.write(`${wrapped(printableLine(line), widthOf(output))}\n`);
}

/** Writes lines for people, as {@link printLine} does. @param text ends with a newline */
export function printText(text: string, output: Output = process.stdout): void {
  output.write(wrapped(printable(text), widthOf(output)));
}
