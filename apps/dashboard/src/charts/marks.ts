import type { RunEvent } from '@layerline/api';
import type { Pace, Times, XAxis } from './axis.js';
import { placeOfMoment, placeOfStep } from './axis.js';
import { whole } from '../format.js';
import { formatValue } from './format.js';

export type MarkKind = 'evaluation' | 'snapshot' | 'pause' | 'rewind' | 'fault';

/** Something that happened in a run, shown as a line across its charts. */
export interface Mark {
  readonly kind: MarkKind;
  /** What happened, in words. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Undefined for what is tied to a moment only. */
  readonly step: number | undefined;
}

/** Beyond so many of a kind, marks become short, so that the lines between them can be seen. */
const MOST_FULL_LINES = 24;

const COLOURS: Readonly<Record<MarkKind, string>> = {
  evaluation: '--line-strong',
  snapshot: '--accent',
  pause: '--warn',
  rewind: '--bad',
  fault: '--bad',
};

/** The CSS variable of a mark's colour. */
export function markColour(kind: MarkKind): string {
  return COLOURS[kind];
}

/** The mark that an event leaves; undefined for most events. */
export function markOf(event: RunEvent): Mark | undefined {
  const at = Date.parse(event.at);
  const mark = (kind: MarkKind, label: string, step?: number): Mark => ({ kind, label, at, step });
  switch (event.type) {
    case 'evaluation':
      return mark('evaluation', `Evaluation: ${formatValue(event.testError, 'ratio')} test error`, event.step);
    case 'snapshot-stored':
      return mark('snapshot', `Snapshot of step ${whole(event.step)}`, event.step);
    case 'snapshot-failed':
      return mark('fault', `${event.stage} could not store its snapshot: ${event.message}`, event.step);
    case 'rewound':
      return mark('rewind', `Went back to step ${whole(event.step)}`, event.step);
    case 'state':
      if (event.state === 'recovering') return mark('fault', 'A life of the run failed');
      return event.state === 'paused' ? mark('pause', 'Paused') : undefined;
    default:
      return undefined;
  }
}

/** Adds a mark, unless it is there already. A rewind takes back what it has undone, but neither faults nor rewinds. */
export function withMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  if (marks.some(({ kind, at, step }) => kind === mark.kind && at === mark.at && step === mark.step)) return marks;
  const { step: last = Infinity } = mark;
  const kept = mark.kind === 'rewind' ? marks.filter((one) => !isUndone(one, mark.at, last)) : marks;
  return [...kept, mark].sort((one, other) => one.at - other.at);
}

function isUndone({ kind, step, at }: Mark, when: number, last: number): boolean {
  return (kind === 'evaluation' || kind === 'snapshot') && step !== undefined && step > last && at <= when;
}

/** A mark at its place on the x axis. */
export interface PlacedMark extends Mark {
  readonly place: number;
  /** Only a short line at the foot of the chart. */
  readonly short: boolean;
}

/** The marks between two places on the axis. */
export function placeMarks(
  marks: readonly Mark[],
  axis: XAxis,
  pace: Pace,
  times: Times,
  [from, to]: readonly [number, number],
): PlacedMark[] {
  const placed = marks
    .map((mark) => ({
      ...mark,
      place:
        mark.step === undefined || axis === 'wall'
          ? placeOfMoment(axis, pace, times, mark.at)
          : placeOfStep(axis, pace, times, mark.step),
    }))
    .filter(({ place }) => place >= from && place <= to);
  const counts = new Map<MarkKind, number>();
  for (const { kind } of placed) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return placed.map((mark) => ({ ...mark, short: (counts.get(mark.kind) ?? 0) > MOST_FULL_LINES }));
}
