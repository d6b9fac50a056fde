import type { RunStatus, StageRates } from '@layerline/api';
import { FRESH_MS, ratesBetween } from '@layerline/api/rates';

type StageTelemetry = RunStatus['telemetry'][string]['now'];

/** What a stage said of itself, and when. */
export interface Reading {
  readonly telemetry: StageTelemetry;
  /** In milliseconds since 1970, by the coordinator's clock; undefined in what a stream of events begins with. */
  readonly at: number | undefined;
}

/** A stage's newest reading, and those before it that reach back over {@link SPAN_MS}; oldest first. */
export type Readings = readonly Reading[];

/** Rates are worked out over at least this long, so that one busy batch does not make a stage look busy. */
const SPAN_MS = 2_000;

/** Adds a reading, and drops those that are no longer needed. */
export function withReading(readings: Readings, now: Reading): Readings {
  const all = [...readings, now];
  const first = all.findLastIndex(({ telemetry }) => now.telemetry.elapsed - telemetry.elapsed >= SPAN_MS);
  return all.slice(Math.max(0, first));
}

/** The readings of a run whose frames flow again: rates over its pause and what comes after it would tell of neither. */
export function goneOn(readings: Readonly<Record<string, Readings>>): Readonly<Record<string, Readings>> {
  return Object.fromEntries(
    Object.entries(readings).map(([stage, all]) => {
      const newest = all.slice(-1);
      return [stage, [...newest, ...newest]];
    }),
  );
}

/** Whether a stage has said nothing for long while others have. */
export function isSilent(readings: Readonly<Record<string, Readings>>, stage: string): boolean {
  const last = readings[stage]?.at(-1)?.at;
  if (last === undefined) return false;
  return Object.values(readings).some((others) => (others.at(-1)?.at ?? last) - last > FRESH_MS);
}

/** The readings that a run's status holds: once it has ended the last ones, and until then those that are not out of date. */
export function readingsOf({
  state,
  telemetry,
}: Pick<RunStatus, 'state' | 'telemetry'>): Readonly<Record<string, Readings>> {
  return Object.fromEntries(
    Object.entries(telemetry).flatMap(([stage, { before, now, age }]) => {
      if (state !== 'ended' && age > FRESH_MS) return [];
      const all = before === null ? [now] : [before, now];
      return [[stage, all.map((telemetry) => ({ telemetry, at: undefined }))] as const];
    }),
  );
}

/** How a stage has spent its time lately; undefined if it has not said. */
export function ratesOf(readings: Readings | undefined): StageRates | undefined {
  const now = readings?.at(-1);
  if (readings === undefined || now === undefined) return undefined;
  return ratesBetween(readings.length > 1 ? readings[0]?.telemetry : undefined, now.telemetry);
}

/**
 * Frames that a producer has sent and its consumer has not yet received. The two are read at different times, so the older
 * reading is carried on to the time of the newer at the stage's own pace.
 * @returns a whole number of at least 0; undefined without a reading of both whose time is known
 */
export function framesInFlight(producer: Readings | undefined, consumer: Readings | undefined): number | undefined {
  const [sender, receiver] = [producer?.at(-1), consumer?.at(-1)];
  if (sender?.at === undefined || receiver?.at === undefined) return undefined;
  const time = Math.max(sender.at, receiver.at);
  const sent = sender.telemetry.framesSent + pace(producer, 'framesSent') * (time - sender.at);
  const received = receiver.telemetry.framesReceived + pace(consumer, 'framesReceived') * (time - receiver.at);
  return Math.max(0, Math.round(sent - received));
}

/** By how much a count has grown per millisecond. */
function pace(readings: Readings | undefined, figure: 'framesSent' | 'framesReceived'): number {
  const [before, now] = [readings?.[0]?.telemetry, readings?.at(-1)?.telemetry];
  if (before === undefined || now === undefined || now.elapsed <= before.elapsed) return 0;
  return (now[figure] - before[figure]) / (now.elapsed - before.elapsed);
}
