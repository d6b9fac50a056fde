/**
 * - `gauge`: as it is now
 * - `counter`: only grows within a run
 */
export type MeasureKind = 'gauge' | 'counter';

/** Something that is measured, under the one name that record, page, `/metrics`, Grafana and documentation use. */
export interface Measure<Source> {
  /** Lower case, words joined by hyphens. */
  readonly name: string;
  readonly kind: MeasureKind;
  /** Of its values; empty for a number without one. Shares are `ratio`: 0 … 1. */
  readonly unit: '' | 'ratio' | 'seconds' | 'bytes' | 'images' | 'rows' | 'frames';
  readonly help: string;
  /** Its value; null where there is none. */
  readonly read: (source: Source) => number | null;
}

type Definition<Source> = [
  name: string,
  unit: Measure<Source>['unit'],
  help: string,
  read: (source: Source) => number | null,
];

export function gauge<Source>(...[name, unit, help, read]: Definition<Source>): Measure<Source> {
  return { name, kind: 'gauge', unit, help, read };
}

export function counter<Source>(...[name, unit, help, read]: Definition<Source>): Measure<Source> {
  return { name, kind: 'counter', unit, help, read };
}
