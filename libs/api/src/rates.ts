import type { StageTelemetry } from '@layerline/protocol';

/** How a stage has spent its time between two readings: shares of 0 … 1, and rates a second. */
export interface StageRates {
  readonly busy: number;
  readonly waitingForInput: number;
  readonly waitingForCredit: number;
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Processors' worth of work, of all of its threads. */
  readonly processors: number;
}

const MILLISECONDS = 1000;

/**
 * Works rates out of two readings of a stage, which count from the beginning of its stream.
 * @param before undefined for that beginning
 * @returns undefined where no time lies between them
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
