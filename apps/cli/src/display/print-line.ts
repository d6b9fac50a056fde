import { printableLine } from './printable.js';

/** Writes a line for people. Whatever it has in it from elsewhere stays on that line, and does not steer their terminal. */
export function printLine(line: string, stream: NodeJS.WritableStream = process.stdout): void {
  stream.write(`${printableLine(line)}\n`);
}
