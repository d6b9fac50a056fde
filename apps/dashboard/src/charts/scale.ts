import type { Range } from './axis.js';

/** Maps values to where they are drawn, and back; increasing. */
export interface Scale {
  readonly forward: (value: number) => number;
  readonly backward: (place: number) => number;
  /** Of a logarithmic scale: up to here, on both sides of 0, it is all but linear. */
  readonly threshold?: number;
}

export const LINEAR: Scale = { forward: (value) => value, backward: (place) => place };

/** How many decades of a logarithmic scale the least of positive values lies above where the scale becomes linear. */
const CLEARANCE = 100;
/** Smaller shares of the greatest value are not told apart. */
const RESOLUTION = 1e-12;

/** sign(x) · ln(1 + |x| / threshold): logarithmic at a distance from zero, and defined everywhere. */
export function symlog(threshold: number): Scale {
  return {
    threshold,
    forward: (value) => Math.sign(value) * Math.log1p(Math.abs(value) / threshold),
    backward: (place) => Math.sign(place) * Math.expm1(Math.abs(place)) * threshold,
  };
}

/**
 * A logarithmic scale for values of which some may be 0 or below. For positive ones it is a plain logarithm, as far as one can
 * see; otherwise, zero lies right below the least power of ten that is needed.
 * @param extents least and greatest values of what is shown, in any number of stretches
 */
export function logScaleFor(extents: Iterable<number>): Scale {
  let [least, greatest, positive] = [Infinity, 0, true];
  for (const value of extents) {
    const size = Math.abs(value);
    if (value <= 0) positive = false;
    if (size > 0 && size < least) least = size;
    if (size > greatest) greatest = size;
  }
  if (greatest === 0) return symlog(1);
  const floor = Math.max(least, greatest * RESOLUTION);
  return symlog(positive ? floor / CLEARANCE : 10 ** Math.floor(Math.log10(floor)));
}

/** Share of a range that is added at either end. */
const ROOM = 0.06;

/** A range with some room at both ends, which does not take values that keep to one side of 0 across it. */
export function withRoom([least, greatest]: Range, scale: Scale): Range {
  const [low, high] = [scale.forward(least), scale.forward(greatest)];
  const room = high > low ? (high - low) * ROOM : Math.abs(high) * 0.1 || 1;
  const [lower, upper] = [scale.backward(low - room), scale.backward(high + room)];
  if (least >= 0) return [Math.max(0, lower), upper];
  return [lower, greatest <= 0 ? Math.min(0, upper) : upper];
}
