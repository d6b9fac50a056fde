import { planSchema, PRESET_NAMES, runConfigSchema } from '@layerline/plan';
import * as z from 'zod';
import { drained, drainOrder } from './drain.js';
import { eventIdText } from './event-id.js';
import { runEvent } from './events.js';
import { look, lookAsked, lookList, lookOrder } from './look.js';
import { OPERATION_ROUTES } from './operation-routes.js';
import type { Route } from './route.js';
import { runName } from './run-name.js';
import {
  evaluationsAnswer,
  evaluationsQuery,
  historyAnswer,
  observationsAnswer,
  observationsQuery,
  seriesAnswer,
  seriesCsvQuery,
  seriesQuery,
} from './series.js';
import { invitation, invited, session, signIn } from './session.js';
import { acted, runOrder } from './steering.js';
import { overviewList, runHead, runList, runStatus, statusReport } from './status.js';

/**
 * What a run is begun with: any part of a config, and a name. The preset, `quick` unless another is named, fills in the rest.
 */
export const submission = runConfigSchema
  .partial()
  .extend({ preset: z.enum(PRESET_NAMES).optional(), name: runName.optional() });
export type Submission = z.infer<typeof submission>;

/** Why a request failed: the code and message of the error. */
export const failure = z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) });
export type Failure = z.infer<typeof failure>;

export const health = z.strictObject({
  version: z.string(),
  /** The coordinator's clock, in milliseconds since 1970. */
  time: z.number(),
});
export type Health = z.infer<typeof health>;

export const submitted = z.strictObject({ id: z.string() });
export const logLines = z.strictObject({ lines: z.array(z.string()) });

/** A line of a run's log. `at` is the coordinator's time, in ISO 8601; `stage` is `run` for what is said of the run itself. */
export const logEntry = z.strictObject({ at: z.string(), stage: z.string(), line: z.string() });
export type LogEntry = z.infer<typeof logEntry>;

/** How a run was set up. */
export const runSetup = z.strictObject({ config: runConfigSchema, plan: planSchema });
export type RunSetup = z.infer<typeof runSetup>;
export const done = z.strictObject({});

/** What `GET …/events` sends, as one JSON object each. */
export const streamItem = z.union([runHead, runEvent]);
export type StreamItem = z.infer<typeof streamItem>;

/** The most lines of a log that are returned at once. */
export const MAX_LOG_LINES = 10_000;

export const eventsQuery = z.strictObject({ after: eventIdText.optional() });
export const logQuery = z.strictObject({
  stage: z.string().optional(),
  lines: z.coerce.number().int().min(1).max(MAX_LOG_LINES).default(100),
  /** Only those that are not older, by the coordinator's clock. */
  since: z.iso.datetime().optional(),
});
export const logEntriesQuery = logQuery.extend({
  /** Go on with those that come, until the run has ended. */
  follow: z.literal('true').optional(),
});
export type LogQuery = z.infer<typeof logQuery>;

/** Everything that the coordinator's HTTP interface answers, shared by server, clients and OpenAPI description. */
export const ROUTES = {
  health: {
    method: 'GET',
    path: '/api/health',
    summary: 'Version and time of the coordinator',
    principal: 'viewer',
    answer: { status: 200, schema: health },
  },
  status: {
    method: 'GET',
    path: '/api/status',
    summary: 'Nodes and runs',
    principal: 'viewer',
    answer: { status: 200, schema: statusReport },
  },
  openApi: {
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This description',
    principal: 'viewer',
    answer: { status: 200, schema: z.record(z.string(), z.unknown()) },
  },
  listRuns: {
    method: 'GET',
    path: '/api/runs',
    summary: 'All runs, with where they stand',
    principal: 'viewer',
    answer: { status: 200, schema: runList },
  },
  submit: {
    method: 'POST',
    path: '/api/runs',
    summary: 'Begin a run',
    principal: 'operator',
    body: submission,
    answer: { status: 201, schema: submitted },
  },
  overviews: {
    method: 'GET',
    path: '/api/overviews',
    summary: 'All runs in the folder, the newest first: what each was set up as, and what has come of it so far',
    principal: 'viewer',
    answer: { status: 200, schema: overviewList },
  },
  removeRun: {
    method: 'DELETE',
    path: '/api/runs/:run',
    summary: 'Remove a run that is not under way, with its model and snapshots',
    principal: 'operator',
    answer: { status: 200, schema: done },
  },
  runStatus: {
    method: 'GET',
    path: '/api/runs/:run',
    summary: 'Where a run stands',
    principal: 'viewer',
    answer: { status: 200, schema: runStatus },
  },
  events: {
    method: 'GET',
    path: '/api/runs/:run/events',
    summary:
      'What happens on a run until it ends, one JSON object a line, or each as a server-sent event: first where it stands ' +
      '(`run`); then, where `after` or a `Last-Event-ID` is given, what the record has kept of events after that one; then ' +
      'events as they come',
    principal: 'viewer',
    query: eventsQuery,
    answer: { status: 200, schema: streamItem, types: ['application/x-ndjson', 'text/event-stream'] },
  },
  log: {
    method: 'GET',
    path: '/api/runs/:run/log',
    summary: "The last lines of a run's log, or of one stage's or layer's",
    principal: 'viewer',
    query: logQuery,
    answer: { status: 200, schema: logLines },
  },
  logEntries: {
    method: 'GET',
    path: '/api/runs/:run/log.jsonl',
    summary: 'The same, one JSON object a line; with `follow`, those that come, too, until the run has ended',
    principal: 'viewer',
    query: logEntriesQuery,
    answer: { status: 200, schema: logEntry, types: ['application/x-ndjson'] },
  },
  series: {
    method: 'GET',
    path: '/api/runs/:run/series',
    summary: 'Measures over the steps of a run, thinned for a chart',
    principal: 'viewer',
    query: seriesQuery,
    answer: { status: 200, schema: seriesAnswer },
  },
  seriesCsv: {
    method: 'GET',
    path: '/api/runs/:run/series.csv',
    summary: 'All points of some measures, or of all: series, step, at, train_seconds, value',
    principal: 'viewer',
    query: seriesCsvQuery,
    answer: { status: 200, schema: z.string(), types: ['text/csv'] },
  },
  observations: {
    method: 'GET',
    path: '/api/runs/:run/observations',
    summary: 'How each layer has learned, at some steps of a run: histograms too',
    principal: 'viewer',
    query: observationsQuery,
    answer: { status: 200, schema: observationsAnswer },
  },
  evaluations: {
    method: 'GET',
    path: '/api/runs/:run/evaluations',
    summary: 'What the network got wrong at each evaluation; its worst images at the last one',
    principal: 'viewer',
    query: evaluationsQuery,
    answer: { status: 200, schema: evaluationsAnswer },
  },
  history: {
    method: 'GET',
    path: '/api/runs/:run/history',
    summary:
      'The newest thousand events of what became of a run: states, notices, snapshots, rewinds; the oldest first',
    principal: 'viewer',
    answer: { status: 200, schema: historyAnswer },
  },
  config: {
    method: 'GET',
    path: '/api/runs/:run/config',
    summary: 'How a run was set up: its config and its plan',
    principal: 'viewer',
    answer: { status: 200, schema: runSetup },
  },
  askLook: {
    method: 'POST',
    path: '/api/runs/:run/looks',
    summary: 'Look at what the network makes of a test image, once the batch under way has passed',
    principal: 'operator',
    body: lookOrder,
    answer: { status: 202, schema: lookAsked },
  },
  looks: {
    method: 'GET',
    path: '/api/runs/:run/looks',
    summary: 'The looks that are kept of a run, the newest fifty, and those that have been asked for',
    principal: 'viewer',
    answer: { status: 200, schema: lookList },
  },
  look: {
    method: 'GET',
    path: '/api/runs/:run/looks/:look',
    summary: 'What the network made of a test image, layer by layer',
    principal: 'viewer',
    answer: { status: 200, schema: look },
  },
  ...OPERATION_ROUTES,
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary: 'Everything that is measured, in the text format of Prometheus (docs/metrics.md)',
    principal: 'viewer',
    answer: { status: 200, schema: z.string(), types: ['text/plain'] },
  },
  act: {
    method: 'POST',
    path: '/api/runs/:run/:action',
    summary:
      'Stop a run, keeping its model; pause it; go on with one that is paused or has ended; take a snapshot or evaluate now',
    principal: 'operator',
    body: runOrder,
    isBodyOptional: true,
    answer: { status: 200, schema: acted },
  },
  drain: {
    method: 'POST',
    path: '/api/nodes/:node/drain',
    summary: 'Move the stages of a node elsewhere and give it no new ones; asked again, wait on',
    principal: 'operator',
    body: drainOrder,
    isBodyOptional: true,
    answer: { status: 200, schema: drained },
  },
  undrain: {
    method: 'POST',
    path: '/api/nodes/:node/undrain',
    summary: 'Let a node that was drained have stages again',
    principal: 'operator',
    answer: { status: 200, schema: done },
  },
  signIn: {
    method: 'POST',
    path: '/api/session',
    summary: 'Trade a one-time code for a session, in a cookie',
    principal: 'anyone',
    body: signIn,
    answer: { status: 200, schema: session },
  },
  session: {
    method: 'GET',
    path: '/api/session',
    summary: 'Who the sender is',
    principal: 'viewer',
    answer: { status: 200, schema: session },
  },
  signOut: {
    method: 'DELETE',
    path: '/api/session',
    summary: 'Have the browser forget its session',
    principal: 'viewer',
    answer: { status: 200, schema: done },
  },
  invite: {
    method: 'POST',
    path: '/api/session/codes',
    summary: 'Make a one-time code that signs a browser in',
    principal: 'operator',
    body: invitation,
    answer: { status: 201, schema: invited },
  },
} as const satisfies Record<string, Route>;
export type RouteName = keyof typeof ROUTES;
