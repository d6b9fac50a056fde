/** Between a number and its unit: they stay on one line. */
export const SPACE = '\u00a0';
const SECOND = 1000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What stands for a number that there is not. */
export const NONE = '–';

/** `3.99 %` @param fraction 0 … 1 */
export function percent(fraction: number, digits = 2): string {
  return `${(100 * fraction).toFixed(digits)}${SPACE}%`;
}

/** `12,345` */
export function whole(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

/** `12,345 rows/s` */
export function perSecond(rate: number, unit: string): string {
  return `${whole(rate)}${SPACE}${unit}/s`;
}

/** `1 frame`, `3 frames`: a count with the plural of its noun */
export function counted(number: number, noun: string): string {
  return `${whole(number)}${SPACE}${noun}${Math.round(number) === 1 ? '' : 's'}`;
}

/** Three significant digits: `0.0123`, `1.23`, `−12.3`, `1.23e-7`. */
export function significant(number: number): string {
  if (number < 0) return `−${significant(-number)}`;
  if (number === 0) return '0';
  if (number < 1e-4 || number >= 1e6) return number.toExponential(2);
  if (number >= 1000) return whole(number);
  return number.toPrecision(3);
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `48.2 MB` */
export function bytes(number: number): string {
  const power = number < 1 ? 0 : Math.min(Math.floor(Math.log10(number) / 3), BYTE_UNITS.length - 1);
  const scaled = number / 1000 ** power;
  const digits = power === 0 || scaled >= 100 ? 0 : 1;
  return `${scaled.toFixed(digits)}${SPACE}${BYTE_UNITS[power] ?? ''}`;
}

/** `1:02:03`, or `2:03` for less than an hour, `3 d 04:05` for more than a day. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const two = (number: number): string => String(number).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(total / HOUR), Math.floor(total / MINUTE) % MINUTE, two(total % MINUTE)];
  if (total >= DAY) return `${Math.floor(total / DAY)}${SPACE}d${SPACE}${two(hours % 24)}:${two(minutes)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** `0.83 s`, `12.3 s`; from a minute on, as {@link duration}. */
export function seconds(number: number): string {
  return number < MINUTE ? `${number.toFixed(number < 10 ? 2 : 1)}${SPACE}s` : duration(number);
}

/** `12 s`, `5 min`, `3 h`, `2 d`: how long ago something was, for people. @param milliseconds of age */
export function age(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / SECOND));
  if (total < MINUTE) return `${total}${SPACE}s`;
  if (total < HOUR) return `${Math.floor(total / MINUTE)}${SPACE}min`;
  if (total < 2 * DAY) return `${Math.floor(total / HOUR)}${SPACE}h`;
  return `${Math.floor(total / DAY)}${SPACE}d`;
}

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** `14:05:09`, by the viewer's clock. @param iso in ISO 8601 */
export function clockTime(iso: string): string {
  return TIME.format(new Date(iso));
}

/** `3 Nov, 14:05`, by the viewer's clock. @param iso in ISO 8601 */
export function dateTime(iso: string): string {
  return DATE.format(new Date(iso));
}

/** `layer 2` for `layer-2`, and `layer 2, shard 1` for `layer-2/1`: a stage's name, as people say it. */
export function stageTitle(stage: string): string {
  const [, layer, shard] = /^layer-(\d+)(?:\/(\d+))?$/.exec(stage) ?? [];
  if (layer === undefined) return stage;
  return shard === undefined ? `layer ${layer}` : `layer ${layer}, shard ${shard}`;
}
