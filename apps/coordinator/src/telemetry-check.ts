import { ProtocolError } from '@layerline/protocol';
import type { StageTelemetry } from '@layerline/protocol';

/** What a stage's telemetry counts from the beginning of its stream. Only its memory may also shrink. */
const COUNTED = [
  'elapsed',
  'rows',
  'busy',
  'waitingForInput',
  'waitingForCredit',
  'serializing',
  'cpu',
  'framesSent',
  'framesReceived',
  'bytesSent',
] as const satisfies readonly (keyof StageTelemetry)[];

/** Checks the telemetry of a life's stages: rates between two readings make sense only if what is counted never shrinks. */
export class TelemetryCheck {
  readonly #last = new Map<string, StageTelemetry>();

  /** @throws ProtocolError if a reading cannot follow the one before, or the beginning of the stream */
  check(stage: string, now: StageTelemetry): void {
    const before = this.#last.get(stage);
    for (const figure of COUNTED) {
      const least = before?.[figure] ?? 0;
      if (now[figure] < least) {
        throw new ProtocolError(`its telemetry has ${figure} at ${now[figure]}, which cannot be after ${least}`);
      }
    }
    this.#last.set(stage, now);
  }
}
