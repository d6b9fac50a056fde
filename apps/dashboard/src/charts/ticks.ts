import type { Range } from './axis.js';
import type { Scale } from './scale.js';

const DECIMAL = [1, 2, 5] as const;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Seconds that people count time by. */
const TIMES = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
];

/** Round values of a linear scale, at most `most` of them. @param kind of the values: numbers, or times in seconds */
export function linearTicks([min, max]: Range, most: number, kind: 'number' | 'time' = 'number'): number[] {
  const least = (max - min) / Math.max(1, most);
  const step = kind === 'time' ? timeStep(least) : decimalStep(least);
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.max(0, Math.floor(max / step + 1e-9) - first + 1);
  // Multiples rather than sums, which would drift; rounded, so that 3 × 0.1 is 0.3.
  return Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** The least of 1, 2 and 5 times a power of ten that is not below `least`. */
function decimalStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * (DECIMAL.find((digit) => digit * power >= least * (1 - 1e-9)) ?? 10);
}

function timeStep(least: number): number {
  if (least < 1) return decimalStep(least);
  return TIMES.find((step) => step >= least) ?? DAY * decimalStep(Math.max(1, least / DAY));
}

/**
 * Powers of ten on both sides of zero, and zero; with 2 and 5 times those if there is room, or only some if there is not. A range
 * in which there are hardly any of those gets linear ticks.
 */
export function logTicks([min, max]: Range, scale: Scale, most: number): number[] {
  const threshold = scale.threshold ?? 1;
  const lowest = Math.ceil(Math.log10(threshold) - 1e-9);
  const highest = Math.floor(Math.log10(Math.max(Math.abs(min), Math.abs(max), threshold)) + 1e-9);
  const powers = Array.from({ length: Math.max(0, highest - lowest + 1) }, (_, index) => lowest + index);
  const within = (value: number): boolean => value >= min && value <= max;
  const ticks = (digits: readonly number[], every: number): number[] => {
    const sizes = powers
      .filter((power) => power % every === 0)
      .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)));
    return [...sizes.map((size) => -size).reverse(), 0, ...sizes].filter(within);
  };
  const all = ticks(DECIMAL, 1);
  if (all.length < 3) return linearTicks([min, max], most);
  if (all.length <= most) return all;
  for (let every = 1; ; every++) {
    const some = ticks([1], every);
    if (some.length <= most || every > powers.length) return some;
  }
}
