import { stageTelemetry } from '@layerline/protocol';
import * as z from 'zod';
import { eventIdText } from './event-id.js';
import {
  endReport,
  evaluationReport,
  lookedReport,
  observationReport,
  progressReport,
  snapshotReport,
  trainingReport,
} from './reports.js';
import { operation, topology } from './operation.js';
import { runEnd, stageProcess } from './result.js';
import { notice, runState } from './status.js';

const count = z.number().int().nonnegative();

/** What every event of a run has, besides what it says. */
const envelope = {
  id: eventIdText,
  /** When the coordinator learnt of it, by its own clock, in ISO 8601; for people to read. */
  at: z.string(),
};

export const observationEvent = observationReport.extend(envelope);
export type ObservationEvent = z.infer<typeof observationEvent>;
export const evaluationEvent = evaluationReport.extend(envelope);
export type EvaluationEvent = z.infer<typeof evaluationEvent>;
/** The run has entered another state. */
const stateEvent = z.strictObject({ type: z.literal('state'), ...envelope, state: runState });
/** A snapshot is complete and on disk. */
const snapshotStored = z.strictObject({
  type: z.literal('snapshot-stored'),
  ...envelope,
  step: count,
  parts: z.array(z.strictObject({ stage: z.string(), bytes: count })),
  /** From the first of its parts, or the report of its barrier, until it was whole. */
  seconds: z.number().nonnegative(),
});
/** A stage could not store its part of a snapshot; training goes on. */
const snapshotFailed = z.strictObject({
  type: z.literal('snapshot-failed'),
  ...envelope,
  stage: z.string(),
  step: count,
  message: z.string(),
});
/**
 * The run has gone back to where it was after `step` training batches: whatever was said of later ones is withdrawn, and
 * will come again.
 */
const rewound = z.strictObject({ type: z.literal('rewound'), ...envelope, step: count });
const noticeEvent = notice.extend({ type: z.literal('notice'), ...envelope });
/** A change of the run's stages has come further. */
const operationEvent = z.strictObject({ type: z.literal('operation'), ...envelope, operation });
export type OperationEvent = z.infer<typeof operationEvent>;
/** The run goes on by a revision of its plan. */
const revisedEvent = z.strictObject({ type: z.literal('revised'), ...envelope, topology });

/** Something that happens in a run. */
export const runEvent = z.discriminatedUnion('type', [
  stateEvent,
  /** A stage's process has started. */
  z.strictObject({ type: z.literal('stage-started'), ...envelope, process: stageProcess }),
  progressReport.extend(envelope),
  trainingReport.extend(envelope),
  observationEvent,
  evaluationEvent,
  snapshotReport.extend(envelope),
  lookedReport.extend(envelope),
  endReport.extend(envelope),
  snapshotStored,
  snapshotFailed,
  rewound,
  z.strictObject({ type: z.literal('telemetry'), ...envelope, stage: z.string(), telemetry: stageTelemetry }),
  noticeEvent,
  operationEvent,
  revisedEvent,
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
  observationEvent,
  evaluationEvent,
  endReport.extend(envelope),
  rewound,
]);
export type DurableEvent = z.infer<typeof durableEvent>;

const DURABLE = typesOf(durableEvent);

export function isDurable(event: RunEvent): event is DurableEvent {
  return DURABLE.has(event.type);
}

/** Events that are kept in the run's history: what became of the run itself, which no rewind withdraws. */
export const historyEvent = z.discriminatedUnion('type', [
  stateEvent,
  snapshotStored,
  snapshotFailed,
  rewound,
  noticeEvent,
  operationEvent,
  revisedEvent,
]);
export type HistoryEvent = z.infer<typeof historyEvent>;

const HISTORY = typesOf(historyEvent);

export function isHistory(event: RunEvent): event is HistoryEvent {
  return HISTORY.has(event.type);
}

function typesOf(union: {
  readonly options: readonly { readonly shape: { readonly type: z.ZodLiteral<string> } }[];
}): ReadonlySet<string> {
  return new Set(union.options.map(({ shape }) => shape.type.value));
}
