import wrapAnsi from 'wrap-ansi';

/** Where a command writes for people: a terminal, whose window has a size, or anything else that takes text. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Of the window; 0 where the terminal does not know. */
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * Whether lines can be redrawn in place: on a terminal that moves its cursor (`TERM` is not `dumb`) and knows its size, unless
 * it is a CI's, which keeps all that it was ever sent. Colours are another matter: `NO_COLOR` takes nothing but these.
 */
export function canRedraw({ isTTY, columns = 0, rows = 0 }: Output, { TERM, CI = '' } = process.env): boolean {
  return isTTY === true && columns > 0 && rows > 0 && TERM !== 'dumb' && ['', 'false'].includes(CI);
}

/**
 * Whether a terminal breaks the lines that it shows anew when its width changes, as nearly all do. xterm and GNU screen, which
 * say who they are, cut them off instead.
 */
export function breaksAnew({ TMUX, XTERM_VERSION, STY } = process.env): boolean {
  return TMUX !== undefined || (XTERM_VERSION === undefined && STY === undefined);
}

/**
 * The columns that text has: all of a window but the last, where some terminals begin another row; as many as it likes where it
 * is not for a terminal, or for one without a size.
 */
export function widthOf({ isTTY, columns = 0 }: Output): number {
  return isTTY === true && columns > 0 ? Math.max(1, columns - 1) : Infinity;
}

/**
 * Breaks lines between words where they are too long. A longer word stays whole, for whoever copies it, and so does a line
 * that is indented: a command to copy, or part of a table.
 */
export function wrapped(text: string, width: number): string {
  if (width === Infinity) return text;
  const lines = text.split('\n');
  return lines.map((line) => (line.startsWith(' ') ? line : wrapAnsi(line, width))).join('\n');
}
