import type { Reading } from '../../src/data/readings.js';

type Telemetry = Reading['telemetry'];

/** What a stage says of itself; figures that are not given are 0. */
export function telemetry(figures: Partial<Telemetry> = {}): Telemetry {
  return {
    ...{ elapsed: 0, rows: 0, busy: 0, waitingForInput: 0, waitingForCredit: 0, serializing: 0, cpu: 0 },
    ...{ framesSent: 0, framesReceived: 0, bytesSent: 0, memory: 0, peakMemory: 0 },
    ...figures,
  };
}
