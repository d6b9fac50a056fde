import type { StageTelemetry } from '@layerline/protocol';

/** Times in milliseconds that differ, so that none is taken for another, and whose seconds add up exactly. */
export const TELEMETRY: StageTelemetry = {
  elapsed: 7000,
  rows: 200,
  busy: 1000,
  waitingForInput: 2000,
  waitingForCredit: 4000,
  serializing: 500,
  cpu: 8000,
  framesSent: 10,
  framesReceived: 11,
  bytesSent: 1_000_000,
  memory: 3e8,
  peakMemory: 4e8,
};
