import type { Measure } from '@layerline/api/measures';
import { SPACE, whole } from '../format.js';
import type { XAxis } from './axis.js';

export type Unit = Measure<never>['unit'];

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'] as const;
/** Smaller numbers are written with powers of ten. */
const LEAST_DECIMAL = 1e-4;
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
/** A value with its unit, to three or so digits: `1.23 %`, `0.0457`, `12.3 MB`, `3 min 20 s`. */
export function formatValue(value: number, unit: Unit): string {
  if (unit === 'ratio') return `${digits(value * 100)}${SPACE}%`;
  if (unit === 'seconds') return formatDuration(value);
  if (unit === '') return digits(value);
  return unit === 'bytes' ? prefixed(value, 'B') : `${prefixed(value, '')}${SPACE}${unit}`;
}

/** A place on the x axis in full: `step 12,000`, `epoch 3.42`, `1 h 5 min`. */
export function formatPlace(place: number, axis: XAxis): string {
  switch (axis) {
    case 'step':
      return `step ${whole(place)}`;
    case 'epoch':
      return `epoch ${place.toFixed(2)}`;
    case 'images':
      return `${whole(place)} images`;
    case 'wall':
    case 'training':
      return formatDuration(place);
  }
}

/** `0.2 s`, `48 s`, `3 min 20 s`, `5 h 12 min`, `2 d 3 h`. */
export function formatDuration(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? '−' : '';
  if (size < 10) return `${sign}${trim(size.toFixed(size < 1 ? 2 : 1))}${SPACE}s`;
  const all = Math.round(size);
  const units = [
    [Math.floor(all / 86_400), 'd'],
    [Math.floor(all / 3600) % 24, 'h'],
    [Math.floor(all / 60) % 60, 'min'],
    [all % 60, 's'],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  const shown = units.slice(first, first + 2).filter(([count]) => count > 0);
  return sign + shown.map(([count, unit]) => `${count}${SPACE}${unit}`).join(' ');
}

/** Labels of an axis, as short as tells them apart. The unit is on each, so that none needs the axis to be read. */
export function tickLabels(ticks: readonly number[], unit: Unit): string[] {
  if (unit === 'seconds') return ticks.map(formatDuration);
  const scale = unit === 'ratio' ? 100 : 1;
  const values = ticks.map((tick) => tick * scale);
  const suffix = unit === 'ratio' ? `${SPACE}%` : '';
  return values.map((value) => tickLabel(value) + suffix);
}

function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return prefixed(value, '');
  if (size > 0 && size < LEAST_DECIMAL) return power(value);
  return minus(String(Number(value.toPrecision(6))));
}

/** With an SI prefix. */
function prefixed(value: number, symbol: string): string {
  const size = Math.abs(value);
  const thousands = size < 1000 ? 0 : Math.min(PREFIXES.length - 1, Math.floor(Math.log10(size) / 3 + 1e-9));
  const unit = `${PREFIXES[thousands] ?? ''}${symbol}`;
  const number = minus(String(Number((value / 1000 ** thousands).toPrecision(4))));
  return unit === '' ? number : `${number}${SPACE}${unit}`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e5) return prefixed(value, '');
  if (size < LEAST_DECIMAL) return power(value);
  return minus(size >= 1000 ? whole(value) : String(Number(value.toPrecision(4))));
}

/** `1.23·10⁻⁴` */
function power(value: number): string {
  const [factor = '', exponent = ''] = value.toExponential(2).split('e');
  const raised = exponent
    .replace('+', '')
    .replace('-', '⁻')
    .replaceAll(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? '');
  const number = minus(trim(factor));
  return number === '1' ? `10${raised}` : `${number}·10${raised}`;
}

function trim(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}

function minus(number: string): string {
  return number.replace('-', '−');
}
