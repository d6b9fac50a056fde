import { CheckpointError } from './errors.js';

/** Consecutive units of a layer, counted from 0. */
export interface UnitRange {
  readonly from: number;
  /** The first unit after them, > `from`. */
  readonly to: number;
}

/** Something that a run stores: whole, or cut into parts if it has units. */
export interface Content {
  /** Letters, digits, `.`, `_` and `-`, without `.units-`. */
  readonly name: string;
  /** Of a layer, how many, ≥ 1. Undefined for what is never cut. */
  readonly units?: number | undefined;
}

/** What the name of a part says. */
export interface PartName {
  /** The name of the content. */
  readonly content: string;
  /** Undefined for the whole of it. */
  readonly range: UnitRange | undefined;
}

const UNITS = '.units-';
const RANGE = /^(0|[1-9]\d{0,14})-([1-9]\d{0,14})$/;

/**
 * The name of a content's part: that of the content for all of it, else such as `layer-2.units-0-1000`. It is plain enough
 * for a file, a path of a URL and a stage.
 * @param range undefined for the whole; all units are the whole, too
 */
export function partName({ name, units }: Content, range?: UnitRange): string {
  if (range === undefined || (range.from === 0 && range.to === units)) return name;
  return `${name}${UNITS}${range.from}-${range.to}`;
}

/** What {@link partName} has made a name of. @throws CheckpointError for a range that it does not write */
export function parsePartName(name: string): PartName {
  const at = name.indexOf(UNITS);
  if (at < 0) return { content: name, range: undefined };
  const [, from = '', to = ''] = RANGE.exec(name.slice(at + UNITS.length)) ?? [];
  if (at === 0 || from === '' || Number(from) >= Number(to)) {
    throw new CheckpointError(
      `"${name}" names no part of a layer: one with units 0 to 999 of layer-2 is layer-2.units-0-1000`,
    );
  }
  return { content: name.slice(0, at), range: { from: Number(from), to: Number(to) } };
}

/** How errors name units, of which they give the first and the last. */
export function unitsOf({ from, to }: UnitRange): string {
  return to - from === 1 ? `unit ${from}` : `units ${from} to ${to - 1}`;
}

/** Makes sure that units are some of others. @param what has those, for the error @throws CheckpointError */
export function checkRange(range: UnitRange, within: UnitRange, what: string): void {
  const { from, to } = range;
  const isSound = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from < to;
  if (isSound && from >= within.from && to <= within.to) return;
  throw new CheckpointError(
    `${what} has ${unitsOf(within)}: no range of them begins with ${from} and ends before ${to}`,
  );
}
