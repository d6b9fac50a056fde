import Table from 'cli-table3';

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'left-mid', 'mid-mid', 'right-mid'].map((part) => [part, '']),
);
const FRAMELESS = {
  ...NO_LINES,
  ...{
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    middle: '  ',
  },
};

/** Rows under a heading, in columns as wide as their content; each line ends with a newline. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({
    head: [...heading],
    chars: FRAMELESS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  made.push(...rows.map((cells) => [...cells]));
  const lines = made.toString().split('\n');
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
