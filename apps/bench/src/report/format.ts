import type { Absence } from '../comparison.js';
import type { Spread } from '../statistics.js';

/** In place of what is not known or means nothing. */
export const NONE = '–';

/** `12,345` */
export function whole(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

/** `3.99 %` */
export function percent(fraction: number, digits = 0): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** `1.45 % (1.40–1.52)` */
export function percentSpread({ median, min, max }: Spread): string {
  return `${percent(median, 2)} (${(100 * min).toFixed(2)}–${(100 * max).toFixed(2)})`;
}

/** `145 MB` */
export function megabytes(bytes: number): string {
  return `${whole(bytes / 1e6)} MB`;
}

/** `32.0`, of bytes */
export function decimalKilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}

/** `1.84 (1.80–1.86)` */
export function times({ median, min, max }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** `2,345 (2,300–2,400)` */
export function wholeSpread({ median, min, max }: Spread): string {
  return `${whole(median)} (${whole(min)}–${whole(max)})`;
}

/** `34.2 (30.1–36.0)` */
export function decimalSpread({ median, min, max }: Spread): string {
  return `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;
}

/** A table in Markdown: the first column to the left, the others to the right. */
export function markdownTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = heading.map((_, column) => (column === 0 ? '---' : '---:'));
  return [heading, rule, ...rows].map((cells) => `| ${cells.map(escape).join(' | ')} |\n`).join('');
}

/** `Left out: torch (no network).`, for each side that is absent. */
export function absenceLines(absent: readonly Absence[]): string {
  return absent.map(({ name, reason }) => `Left out: ${name} (${reason}).\n`).join('');
}

/** `Versions: node 20.0.0, jax 0.10.` */
export function versionsLine(sides: readonly { readonly versions: Readonly<Record<string, string>> }[]): string {
  const versions = new Map(sides.flatMap(({ versions }) => Object.entries(versions)));
  // What decides the bits says nothing to a reader; reports of earlier versions have it under its name then.
  for (const name of ['numerics', 'fingerprint']) versions.delete(name);
  return `Versions: ${Array.from(versions, ([name, version]) => `${name} ${version}`).join(', ')}.\n`;
}

function escape(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
