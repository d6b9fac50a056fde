import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/**
 * The first of several forms of the same lines in which each of them fits; the last one, cut, if none does.
 * @param forms the one that says most first @param width columns
 */
export function firstFitting(forms: readonly (readonly string[])[], width: number): readonly string[] {
  const fitting = forms.find((lines) => lines.every((line) => stringWidth(line) <= width));
  return fitting ?? (forms.at(-1) ?? []).map((line) => cut(line, width));
}

/** The beginning of a line, without anything that would go beyond a width. @param width in columns, 1 or more */
export function cut(line: string, width: number): string {
  const [first = ''] = wrapAnsi(line, width, { hard: true, wordWrap: false, trim: false }).split('\n');
  return first;
}

/** The first lines of a text, and how many more there are where not all of them fit. @param rows 1 or more */
export function firstLines(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = rows - 1;
  return [...lines.slice(0, shown), `… ${lines.length - shown} more lines: enlarge the window`];
}
