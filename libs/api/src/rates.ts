import type { StageTelemetry } from '@layerline/protocol';

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
