import type { StageTelemetry } from '@layerline/protocol';
import type { RunStatus, TelemetrySpan } from './status.js';

/** How a stage spent its time between two readings: shares (0 … 1), and rates per second. */
export interface StageRates {
  readonly busy: number;
  readonly waitingForInput: number;
  readonly waitingForCredit: number;
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Processors' worth of work, over all of its threads. */
  readonly processors: number;
}

const MILLISECONDS = 1000;
/** A reading that is older says nothing of how things are: stages report twice a second. */
export const FRESH_MS = 5_000;

/**
 * Works out rates from two readings of a stage, whose figures count from the beginning of its stream.
 * @param before undefined for that beginning
 * @returns undefined if no time has passed between them
 */
export function ratesBetween(before: StageTelemetry | undefined, now: StageTelemetry): StageRates | undefined {
  const grown = (figure: keyof StageTelemetry): number => now[figure] - (before?.[figure] ?? 0);
  const elapsed = grown('elapsed');
  if (elapsed <= 0) return undefined;
  return {
    busy: grown('busy') / elapsed,
    waitingForInput: grown('waitingForInput') / elapsed,
    waitingForCredit: grown('waitingForCredit') / elapsed,
    rowsPerSecond: (grown('rows') / elapsed) * MILLISECONDS,
    bytesPerSecond: (grown('bytesSent') / elapsed) * MILLISECONDS,
    processors: grown('cpu') / elapsed,
  };
}

/** How a stage spends its time now: undefined unless the run is running and the stage has reported lately. */
export function ratesNow(
  { state, telemetry }: Pick<RunStatus, 'state' | 'telemetry'>,
  stage: string,
): StageRates | undefined {
  const span = telemetry[stage];
  return span === undefined || state !== 'running' ? undefined : ratesOver(span);
}

/** The rates over a span; undefined if it has lasted no time, or is too long ago to tell how things are. */
export function ratesOver({ before, now, age }: TelemetrySpan): StageRates | undefined {
  return age > FRESH_MS ? undefined : ratesBetween(before ?? undefined, now);
}
