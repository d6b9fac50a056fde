import { stageTelemetry } from '@layerline/protocol';
import * as z from 'zod';
import { eventIdText } from './event-id.js';
import { endReport, evaluationReport, progressReport, snapshotReport, trainingReport } from './reports.js';
import { runEnd, stageProcess } from './result.js';
import { runState } from './status.js';

const count = z.number().int().nonnegative();

/** What every event of a run has beside what it tells. */
const envelope = {
  id: eventIdText,
  /** When the coordinator came to know of it, in its own time: ISO 8601, for people. */
  at: z.string(),
};

/** Something that happens on a run. */
export const runEvent = z.discriminatedUnion('type', [
  /** The run is in another state now. */
  z.strictObject({ type: z.literal('state'), ...envelope, state: runState }),
  /** A stage has a process. */
  z.strictObject({ type: z.literal('stage-started'), ...envelope, process: stageProcess }),
  progressReport.extend(envelope),
  trainingReport.extend(envelope),
  evaluationReport.extend(envelope),
  snapshotReport.extend(envelope),
  endReport.extend(envelope),
  /** A snapshot is whole and on the disk. */
  z.strictObject({ type: z.literal('snapshot-stored'), ...envelope, step: count }),
  /** A stage could not store its part of a snapshot; training goes on. */
  z.strictObject({
    type: z.literal('snapshot-failed'),
    ...envelope,
    stage: z.string(),
    step: count,
    message: z.string(),
  }),
  /**
   * The run has gone back to where it was after so many training batches: whatever was told of later ones is withdrawn, and
   * comes again.
   */
  z.strictObject({ type: z.literal('rewound'), ...envelope, step: count }),
  z.strictObject({ type: z.literal('telemetry'), ...envelope, stage: z.string(), telemetry: stageTelemetry }),
  /** Something that a person should know: a failure that is being healed, a wait for nodes. */
  z.strictObject({ type: z.literal('notice'), ...envelope, sentence: z.string() }),
  /** A line that a stage's process has written. */
  z.strictObject({ type: z.literal('log'), ...envelope, stage: z.string(), line: z.string() }),
  /** The run is over. Always the last event. */
  z.strictObject({ type: z.literal('ended'), ...envelope, end: runEnd }),
]);
export type RunEvent = z.infer<typeof runEvent>;

/** An event before it is numbered. */
export type RunEventBody = RunEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'id' | 'at'>
    : never
  : never;

/**
 * Kept in the run's record, and told again to those who come later. The others are of the moment: what they said last
 * stands in the run's status.
 */
export const durableEvent = z.discriminatedUnion('type', [
  trainingReport.extend(envelope),
  evaluationReport.extend(envelope),
  endReport.extend(envelope),
  z.strictObject({ type: z.literal('rewound'), ...envelope, step: count }),
]);
export type DurableEvent = z.infer<typeof durableEvent>;

const DURABLE: ReadonlySet<string> = new Set(durableEvent.options.map(({ shape }) => shape.type.value));

export function isDurable(event: RunEvent): event is DurableEvent {
  return DURABLE.has(event.type);
}
