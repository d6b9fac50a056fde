export { drained, drainOrder, LONGEST_DRAIN_WAIT } from './drain.js';
export type { Drained, DrainOrder } from './drain.js';
export { eventIdText } from './event-id.js';
export { BEFORE_ALL, compareEventIds, formatEventId, parseEventId } from './event-order.js';
export type { EventId } from './event-order.js';
export { durableEvent, historyEvent, isDurable, isHistory, runEvent } from './events.js';
export type {
  DurableEvent,
  EvaluationEvent,
  HistoryEvent,
  ObservationEvent,
  OperationEvent,
  RunEvent,
  RunEventBody,
} from './events.js';
export { binOf, MAX_BIN, quantile, rangeOf, shareAbove } from './log-scale.js';
export type { BinCounts } from './log-scale.js';
export {
  LAYER_MEASURES,
  LAYER_TEST_ERROR,
  LINK_MEASURES,
  RUN_MEASURES,
  STAGE_MEASURES,
  TEST_ERROR,
  VALIDATION_ERROR,
} from './measures.js';
export type { LinkFigures, Measure, MeasureKind, RunFigures, StageFigures } from './measures.js';
export { look, lookAsked, lookList, lookOrder, MAX_LOOKS, MAX_PENDING_LOOKS } from './look.js';
export type { LayerLook, Look, LookAsked, LookHead, LookList, LookOrder, WeightPictures } from './look.js';
export { METRICS } from './metrics.js';
export { metricsPage } from './metrics-page.js';
export type { Metric, Reading, RunReading, Sample } from './metrics.js';
export { goodnessSummary, layerObservation } from './observation.js';
export type { GoodnessSummary, LayerObservation } from './observation.js';
export { isOver } from './operation-state.js';
export { change, moveOrder, operation, operationList, preview, scaleOrder, topology } from './operation.js';
export type {
  Change,
  MoveOrder,
  Operation,
  OperationList,
  OperationState,
  Preview,
  ScaleOrder,
  Topology,
} from './operation.js';
export { openApi } from './openapi.js';
export type { OpenApi } from './openapi.js';
export { FRESH_MS, ratesBetween, ratesNow, ratesOver } from './rates.js';
export type { StageRates } from './rates.js';
export {
  evaluationReport,
  evaluatorReport,
  layerGoodness,
  MAX_WORST,
  observationReport,
  picture,
  trainingReport,
  wrongImage,
} from './reports.js';
export type {
  EndReport,
  EvaluationReport,
  EvaluatorReport,
  LayerGoodness,
  LookedReport,
  ObservationReport,
  Picture,
  TrainingReport,
  WrongImage,
} from './reports.js';
export { runEnd, stageProcess, stageSummary, trainResult } from './result.js';
export type { RunEnd, StageProcess, StageSummary, TrainResult } from './result.js';
export {
  eventsQuery,
  failure,
  health,
  logEntry,
  logLines,
  logEntriesQuery,
  logQuery,
  MAX_LOG_LINES,
  ROUTES,
  runSetup,
  streamItem,
  submission,
  submitted,
} from './routes.js';
export type { Route } from './route.js';
export { runName } from './run-name.js';
export type { Failure, Health, LogEntry, LogQuery, RouteName, RunSetup, StreamItem, Submission } from './routes.js';
export {
  evaluationsAnswer,
  evaluationsQuery,
  historyAnswer,
  MAX_POINTS,
  observationsAnswer,
  observationsQuery,
  series,
  seriesAnswer,
  seriesCsvQuery,
  seriesQuery,
} from './series.js';
export type {
  EvaluationsAnswer,
  HistoryAnswer,
  ObservationsAnswer,
  ObservationsQuery,
  Series,
  SeriesAnswer,
  SeriesQuery,
} from './series.js';
export { invitation, invited, session, signIn } from './session.js';
export type { Invitation, Invited, Session, SignIn } from './session.js';
export { acted, LONGEST_REASON, ORDER_OF, RUN_ACTIONS, runOrder } from './steering.js';
export type { Acted, RunAction, RunOrder } from './steering.js';
export {
  nodeStatus,
  notice,
  overviewList,
  runHead,
  runList,
  runOverview,
  runState,
  runStatus,
  runSummary,
  statusReport,
  telemetrySpan,
} from './status.js';
export type {
  NodeStatus,
  Notice,
  RunHead,
  RunList,
  RunOverview,
  RunState,
  RunStatus,
  RunSummary,
  StatusReport,
  TelemetrySpan,
} from './status.js';
export { countedWidths } from './widths.js';
