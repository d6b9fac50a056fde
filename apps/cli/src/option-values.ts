import { ConfigError } from '@layerline/plan';
import { rangeInWords } from '@layerline/protocol';
import { printableLine } from './display/printable.js';

/** As for `name` in the protocol. */
const LONGEST_NAME = 100;

/** The range of a port to listen on, where 0 stands for any free one. */
export const PORTS = { from: 0, to: 65_535 } as const;

/**
 * A whole number given on the command line, in decimal digits and nothing else.
 * @param option its name, for messages @param range both ends included
 * @throws ConfigError
 */
export function wholeNumber(
  option: string,
  text: string,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= from && number <= to) return number;
  const range = to === Number.MAX_SAFE_INTEGER ? { from } : { from, to };
  throw new ConfigError(
    `${option}: has to be ${rangeInWords({ ...range, isWhole: true })}, not "${printableLine(text)}"`,
  );
}

/** A time in milliseconds, given in decimal notation. @param option its name, for messages @throws ConfigError */
export function milliseconds(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new ConfigError(`${option}: has to be a number of milliseconds such as 0.2, not "${printableLine(text)}"`);
}

const MILLISECONDS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 24 * 3600e3 };

/**
 * A moment in the past: so long ago, as in `90s`, `10m`, `2h` or `7d`, or a date in ISO 8601, with a time or without, which is local
 * unless it names a zone.
 * @param option its name, for messages @param now in milliseconds since 1970
 * @throws ConfigError
 */
export function moment(option: string, text: string, now = Date.now()): Date {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  // A date alone would be taken for one in UTC.
  const date = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text;
  const at = count === undefined ? parseDate(date) : now - Number(count) * (MILLISECONDS[unit] ?? NaN);
  if (!Number.isNaN(new Date(at).getTime())) return new Date(at);
  throw new ConfigError(
    `${option}: "${printableLine(text)}" is neither a time such as 10m or 2h ago nor a date such as 2026-12-01T12:00`,
  );
}

/** @returns milliseconds since 1970, or NaN */
function parseDate(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.test(text) ? Date.parse(text) : NaN;
}

/** A node's or a program's name. @throws ConfigError for one that no coordinator would accept, or that cannot be typed */
export function checkedName(option: string, text: string): string {
  if (text !== '' && text.length <= LONGEST_NAME && printableLine(text) === text) return text;
  throw new ConfigError(
    `${option}: has to be a name of 1 to ${LONGEST_NAME} printable characters, not "${printableLine(text)}"`,
  );
}
