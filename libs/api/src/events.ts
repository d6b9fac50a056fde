import { stageTelemetry } from '@layerline/protocol';
import * as z from 'zod';
import { eventIdText } from './event-id.js';
import {
  endReport,
  evaluationReport,
  observationReport,
  progressReport,
  snapshotReport,
  trainingReport,
} from './reports.js';
import { runEnd, stageProcess } from './result.js';
import { runState } from './status.js';

const count = z.number().int().nonnegative();

/** What every event of a run has, besides what it says. */
const envelope = {
  id: eventIdText,
  /** When the coordinator learnt of it, by its own clock, in ISO 8601; for people to read. */
  at: z.string(),
};

/** Something that happens in a run. */
export const runEvent = z.discriminatedUnion('type', [
  /** The run has entered another state. */
  z.strictObject({ type: z.literal('state'), ...envelope, state: runState }),
  /** A stage's process has started. */
  z.strictObject({ type: z.literal('stage-started'), ...envelope, process: stageProcess }),
  progressReport.extend(envelope),
  trainingReport.extend(envelope),
  observationReport.extend(envelope),
  evaluationReport.extend(envelope),
  snapshotReport.extend(envelope),
  endReport.extend(envelope),
  /** A snapshot is complete and on disk. */
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
   * The run has gone back to where it was after `step` training batches: whatever was said of later ones is withdrawn, and
   * will come again.
   */
  z.strictObject({ type: z.literal('rewound'), ...envelope, step: count }),
  z.strictObject({ type: z.literal('telemetry'), ...envelope, stage: z.string(), telemetry: stageTelemetry }),
  /** Something that a person should know, such as a failure being recovered from, or a wait for nodes. */
  z.strictObject({ type: z.literal('notice'), ...envelope, sentence: z.string() }),
  /** A line written by a stage's process. */
  z.strictObject({ type: z.literal('log'), ...envelope, stage: z.string(), line: z.string() }),
  /** The run is over. Always the last event. */
  z.strictObject({ type: z.literal('ended'), ...envelope, end: runEnd }),
]);
export type RunEvent = z.infer<typeof runEvent>;

/** An event before it is numbered and dated. */
export type RunEventBody = RunEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'id' | 'at'>
    : never
  : never;

/**
 * Events that are kept in the run's record, and repeated to those who come later. The others are transient: the run's
 * status holds the latest of what they said.
 */
export const durableEvent = z.discriminatedUnion('type', [
  trainingReport.extend(envelope),
  observationReport.extend(envelope),
  evaluationReport.extend(envelope),
  endReport.extend(envelope),
  z.strictObject({ type: z.literal('rewound'), ...envelope, step: count }),
]);
export type DurableEvent = z.infer<typeof durableEvent>;

const DURABLE: ReadonlySet<string> = new Set(durableEvent.options.map(({ shape }) => shape.type.value));

export function isDurable(event: RunEvent): event is DurableEvent {
  return DURABLE.has(event.type);
}
