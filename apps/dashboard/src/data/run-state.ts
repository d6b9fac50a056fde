import type { LayerObservation, RunEvent, RunHead, RunStatus, StreamItem } from '@layerline/api';
import { compareEventIds } from '@layerline/api/event-order';
import { faultOf } from './fault.js';
import type { Fault } from './fault.js';
import { isHistory, joinHistory } from './history.js';
import type { HistoryEvent } from './history.js';
import { goneOn, readingsOf, withReading } from './readings.js';
import type { Readings } from './readings.js';
import { withProgress } from './training-rate.js';
import type { Progress } from './training-rate.js';

export type Plan = RunHead['plan'];
export type EvaluationEvent = Extract<RunEvent, { type: 'evaluation' }>;
export type ObservationEvent = Extract<RunEvent, { type: 'observation' }>;
export type { LayerObservation };

/** A line that a stage wrote, as it is shown: `STAGE: TEXT`. */
export interface LogLine {
  readonly at: string;
  readonly stage: string;
  readonly line: string;
}

/** As many are kept. */
const MOST_LINES = 1000;
const MOST_EVALUATIONS = 2000;
const MOST_NOTICES = 20;

/** All that the page knows of a run, as its events add up. Plain data; a new object with each change. */
export interface LiveState {
  readonly plan: Plan;
  readonly status: RunStatus;
  /** Of the newest event that went into this: what to follow the run from. */
  readonly id: string;
  /** Of the newest event that the last head of the stream knew of. */
  readonly headId: string;
  /** By stage. */
  readonly readings: Readonly<Record<string, Readings>>;
  readonly progress: readonly Progress[];
  /** Oldest first; none that a rewind has withdrawn. */
  readonly evaluations: readonly EvaluationEvent[];
  readonly observation: ObservationEvent | undefined;
  readonly history: readonly HistoryEvent[];
  /** From a failure until frames flow again: why the run goes back. */
  readonly fault: Fault | undefined;
  /** Heard since the page follows the run, oldest first. */
  readonly log: readonly LogLine[];
}

/** What the coordinator keeps of a run from before the page began to follow it. */
export interface Kept {
  readonly history: readonly HistoryEvent[];
  readonly evaluations: readonly EvaluationEvent[];
  readonly observation: ObservationEvent | undefined;
}

/**
 * Takes in what a stream of events brings.
 * @param state undefined before the stream's head
 */
export function withItem(state: LiveState | undefined, item: StreamItem): LiveState | undefined {
  if (item.type === 'run') return withHead(state, item);
  if (state === undefined) return undefined;
  const next = { ...withEvent(state, item), id: item.id };
  if (compareEventIds(item.id, state.headId) > 0) return next;
  // Repeated from the record to fill a gap: where the run stands is known better.
  const { status, readings, progress, fault } = state;
  return { ...next, status, readings, progress, fault };
}

/** Adds what is kept of the time before. What has been heard in the meantime stays. */
export function withKept(state: LiveState, { history, evaluations, observation }: Kept): LiveState {
  const heard = state.evaluations.filter(({ id }) => !evaluations.some((kept) => kept.id === id));
  return {
    ...state,
    history: joinHistory(history, state.history),
    evaluations: [...evaluations, ...heard],
    observation: state.observation ?? observation,
  };
}

/** How many training batches of the run lie before an evaluation. */
export function stepOf({ step, epoch }: EvaluationEvent, { batchesPerEpoch }: Plan): number {
  return step ?? epoch * batchesPerEpoch;
}

/**
 * The head says where the run stands now, and knows nothing of what the page has gathered on the way. Where the page has been
 * following the run already, what it missed is yet to come.
 */
function withHead(state: LiveState | undefined, { id, status, plan }: RunHead): LiveState {
  const gathered = state ?? { id, evaluations: [], observation: undefined, history: [], log: [] };
  return { ...gathered, headId: id, plan, status, readings: readingsOf(status), progress: [], fault: faultIn(status) };
}

/** Why the run recovers, as far as its status tells. */
function faultIn({ state, notices }: RunStatus): Fault | undefined {
  const last = notices.at(-1);
  return state === 'recovering' && last !== undefined ? faultOf(last) : undefined;
}

function withEvent(state: LiveState, event: RunEvent): LiveState {
  const { status } = state;
  const told = isHistory(event) ? { ...state, history: joinHistory(state.history, [event]) } : state;
  const change = (changed: Partial<RunStatus>): LiveState => ({ ...told, status: { ...status, ...changed } });
  switch (event.type) {
    case 'state':
      return {
        // A life has failed, and its processes end with it.
        ...change({ state: event.state, ...(isBetweenLives(event.state) && { processes: [] }) }),
        fault: isUnderWay(event.state) ? undefined : state.fault,
        readings: event.state === 'running' ? goneOn(state.readings) : state.readings,
      };
    case 'stage-started':
      return withStage(state, event.process);
    case 'progress':
      return reached(state, event);
    case 'training':
      return reached(change({ layers: event.layers }), event);
    case 'observation':
      return { ...state, observation: event };
    case 'evaluation':
      return {
        ...change({ testError: event.testError }),
        evaluations: [...state.evaluations, event].slice(-MOST_EVALUATIONS),
      };
    case 'telemetry': {
      const readings = withReading(state.readings[event.stage] ?? [], {
        telemetry: event.telemetry,
        at: Date.parse(event.at),
      });
      return { ...state, readings: { ...state.readings, [event.stage]: readings } };
    }
    case 'notice': {
      const { at, sentence, stages, during } = event;
      const fault = status.state === 'recovering' ? faultOf(event) : state.fault;
      return {
        ...change({ notices: [...status.notices, { at, sentence, stages, during }].slice(-MOST_NOTICES) }),
        fault,
      };
    }
    case 'rewound':
      return rewound(told, event);
    case 'operation':
      return change({ operation: event.operation });
    case 'revised':
      return revised(told, event);
    case 'log':
      return { ...state, log: [...state.log, event].slice(-MOST_LINES) };
    case 'ended':
      return { ...change({ end: event.end, state: 'ended' }), fault: undefined };
    case 'snapshot-stored':
    case 'snapshot-failed':
    case 'snapshot':
    case 'looked':
    case 'end':
      return told;
  }
}

/** Whether one life of a run is over and the next has not begun. */
function isBetweenLives(state: RunStatus['state']): boolean {
  return state === 'recovering' || state === 'reshaping';
}

/** The run goes on with other stages, which say for themselves where they are. */
function revised(state: LiveState, { topology }: Extract<RunEvent, { type: 'revised' }>): LiveState {
  const { plan, status } = state;
  const { shards, threads } = topology;
  return {
    ...state,
    plan: { ...plan, shards, engine: { ...plan.engine, threads } },
    status: { ...status, topology, placement: {} },
    readings: {},
  };
}

/** Whether frames flow, or could. */
export function isUnderWay(state: RunStatus['state']): boolean {
  return state === 'running' || state === 'paused';
}

/** A process has taken up a stage: what its predecessor said of itself no longer holds. */
function withStage(state: LiveState, process: RunStatus['processes'][number]): LiveState {
  const { status } = state;
  const { [process.stage]: _, ...readings } = state.readings;
  const processes = [...status.processes.filter(({ stage }) => stage !== process.stage), process];
  const placement = { ...status.placement, [process.stage]: process.node };
  return { ...state, readings, status: { ...status, processes, placement } };
}

function reached(state: LiveState, { epoch, images, trainSeconds }: Progress & { readonly epoch: number }): LiveState {
  return {
    ...state,
    progress: withProgress(state.progress, { images, trainSeconds }),
    status: { ...state.status, epoch, images, trainSeconds },
  };
}

/** Takes the run back to where it was after `step` training batches: what was said of later ones is withdrawn. */
function rewound(state: LiveState, { id, step }: Extract<RunEvent, { type: 'rewound' }>): LiveState {
  const { plan, status, observation } = state;
  const evaluations = state.evaluations.filter((evaluation) => stepOf(evaluation, plan) <= step);
  const generation = Number(id.split('.')[1]);
  return {
    ...state,
    evaluations,
    observation: observation !== undefined && observation.step > step ? undefined : observation,
    progress: [],
    status: {
      ...status,
      epoch: Math.max(1, Math.ceil(step / plan.batchesPerEpoch)),
      images: step * plan.batch,
      testError: evaluations.at(-1)?.testError ?? null,
      generation,
      // Every generation but a coordinator's first restarts the run, unless it begins for a change of its stages.
      restarts: status.restarts + (status.state === 'reshaping' ? 0 : Math.max(0, generation - status.generation)),
    },
  };
}
