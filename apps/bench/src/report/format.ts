import type { Spread } from '../statistics.js';

/** `12,345` */
export function whole(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

/** `3.99 %` */
export function percent(fraction: number, digits = 0): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** `145 MB` */
export function megabytes(bytes: number): string {
  return `${whole(bytes / 1e6)} MB`;
}

/** `1.84 (1.80–1.86)` */
export function times({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

/** `2,345 (2,300–2,400)` */
export function wholeSpread({ median, min, max }: Spread): string {
  return `${whole(median)} (${whole(min)}–${whole(max)})`;
}

/** A table in Markdown: the first column to the left, the others to the right. */
export function markdownTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = heading.map((_, column) => (column === 0 ? '---' : '---:'));
  return [heading, rule, ...rows].map((cells) => `| ${cells.map(escape).join(' | ')} |\n`).join('');
}

function escape(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
