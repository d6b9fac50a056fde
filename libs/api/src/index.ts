export { BEFORE_ALL, compareEventIds, eventIdText, formatEventId, parseEventId } from './event-id.js';
export type { EventId } from './event-id.js';
export { durableEvent, isDurable, runEvent } from './events.js';
export type { DurableEvent, RunEvent, RunEventBody } from './events.js';
export { openApi } from './openapi.js';
export type { OpenApi } from './openapi.js';
export { ratesBetween } from './rates.js';
export type { StageRates } from './rates.js';
export { evaluationReport, evaluatorReport, layerGoodness } from './reports.js';
export type { EndReport, EvaluationReport, EvaluatorReport, LayerGoodness } from './reports.js';
export { runEnd, stageProcess, stageSummary, trainResult } from './result.js';
export type { RunEnd, StageProcess, StageSummary, TrainResult } from './result.js';
export {
  eventsQuery,
  failure,
  health,
  logLines,
  logQuery,
  ROUTES,
  RUN_ACTIONS,
  streamItem,
  submission,
  submitted,
} from './routes.js';
export type { Failure, Health, Route, RouteName, RunAction, StreamItem, Submission } from './routes.js';
export {
  nodeStatus,
  runHead,
  runList,
  runState,
  runStatus,
  runSummary,
  statusReport,
  telemetrySpan,
} from './status.js';
export type {
  NodeStatus,
  RunHead,
  RunList,
  RunState,
  RunStatus,
  RunSummary,
  StatusReport,
  TelemetrySpan,
} from './status.js';
