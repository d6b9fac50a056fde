import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import { cut } from './fitting.js';
import { breaksAnew, widthOf, wrapped } from './output.js';
import type { Output } from './output.js';
import { printable } from './printable.js';

/** Room for lines in a window: 1 or more of each, not counting the last column, nor the row of the cursor. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** Makes lines that fit; what goes beyond the room is cut off. */
export type Draw = (room: Room) => readonly string[];

/**
 * Lines at the foot of a terminal that are redrawn in place, while others scroll by above them.
 *
 * A terminal that gets narrower breaks what it shows into more rows, and one that gets lower pushes rows out at its top, from
 * where they come back as it gets higher. So lines end before the last column, where they would break by themselves, and after a
 * change of size all the rows are erased that the lines have become by then.
 */
export class LiveLines {
  readonly #update: ReturnType<typeof createLogUpdate>;
  #draw: Draw | undefined;
  /** Widths of the lines as they were last drawn. */
  #drawn: readonly number[] = [];
  /** Widths of earlier lines that have been pushed out of the window, just above those. */
  #pushedOut: readonly number[] = [];
  readonly #resized = (): void => this.#redraw();

  /** @param output a terminal that can be redrawn */
  constructor(readonly output: Output) {
    this.#update = createLogUpdate(output);
  }

  /** Shows other lines than before. @param draw called now, and again for another size of the window */
  show(draw: Draw): void {
    if (this.#draw === undefined) this.output.on('resize', this.#resized);
    // Node looks at the window when this signal comes, which can be later than the change: so it looks now.
    process.emit('SIGWINCH', 'SIGWINCH');
    this.#draw = draw;
    this.#paint(draw);
  }

  /** Prints a text that stays, above the lines. */
  say(text: string): void {
    this.#update.clear();
    this.output.write(`${wrapped(printable(text), widthOf(this.output))}\n`);
    this.#pushedOut = [];
    if (this.#draw !== undefined) this.#paint(this.#draw);
  }

  /** Takes the lines away, and gives the terminal back. */
  close(): void {
    this.#update.clear();
    this.leave();
  }

  /** Leaves the lines where they are, and gives the terminal back. */
  leave(): void {
    this.output.off('resize', this.#resized);
    this.#draw = undefined;
    this.#drawn = [];
    this.#update.done();
  }

  #paint(draw: Draw): void {
    const { columns = 0, rows = 0 } = this.output;
    // A window that has no size, as while it is being opened, shows nothing.
    if (columns === 0 || rows === 0) return;
    const room = { columns: widthOf(this.output), rows: Math.max(1, rows - 1) };
    const lines = draw(room).slice(0, room.rows);
    const fitted = lines.map((line) => cut(line, room.columns));
    this.#update(fitted.join('\n'));
    this.#drawn = fitted.map((line) => stringWidth(line));
  }

  #redraw(): void {
    const { columns = 0, rows = 0 } = this.output;
    if (this.#draw === undefined || columns === 0 || rows === 0) return;
    const lines = [...this.#pushedOut, ...this.#drawn];
    const room = { columns: breaksAnew() ? columns : Infinity, rows: rows - 1 };
    const height = lines.reduce((sum, width) => sum + rowsOf(width, room.columns), 0);
    cursorTo(this.output, 0);
    // Row by row: tmux keeps what is cleared from the top of the window down. There, the cursor goes no further up.
    for (let row = 0; row < Math.min(height, rows); row++) {
      moveCursor(this.output, 0, -1);
      clearLine(this.output, 0);
    }
    this.#pushedOut = beyond(lines, room);
    this.#update.done();
    this.#paint(this.#draw);
  }
}

/** How many rows a line becomes that is broken wherever it reaches the last column. */
function rowsOf(width: number, columns: number): number {
  return Math.max(1, Math.ceil(width / columns));
}

/** What is left of lines of these widths above a window at whose foot they end. */
function beyond(widths: readonly number[], { columns, rows }: Room): number[] {
  let left = rows;
  const above = widths.toReversed().flatMap((width) => {
    const out = Math.max(0, rowsOf(width, columns) - left);
    left = Math.max(0, left - rowsOf(width, columns));
    return out === 0 ? [] : [Math.min(width, out * columns)];
  });
  return above.reverse();
}
