import type { RunStatus, StageRates } from '@layerline/api';
import { shardsOf } from '@layerline/api/shards';
import { isSilent, ratesOf } from '../data/readings.js';
import type { LiveState, Plan } from '../data/run-state.js';

/**
 * - `busy`, `input`, `credit`: what takes most of its time
 * - `running`: it says nothing of its time
 * - `dead`: its process, or its node, is gone
 * - `restarting`: it was dead, and has a new process
 * - `rewinding`: it ends, to begin again from the newest snapshot
 */
export type StageState =
  | 'waiting'
  | 'starting'
  | 'running'
  | 'busy'
  | 'input'
  | 'credit'
  | 'paused'
  | 'dead'
  | 'restarting'
  | 'rewinding'
  | 'ended';

export const STAGE_STATES: Readonly<Record<StageState, string>> = {
  waiting: 'no node yet',
  starting: 'starting',
  running: 'running',
  busy: 'busy',
  input: 'waits for input',
  credit: 'waits for credit',
  paused: 'paused',
  dead: 'dead',
  restarting: 'restarting',
  rewinding: 'rewinding',
  ended: 'ended',
};

/** A stage as it stands. */
export interface StageView {
  /** `feeder`, `layer-1`, `layer-2/1`, …, `evaluator`. */
  readonly stage: string;
  /** Of a layer, or of its shard. */
  readonly units: number | undefined;
  readonly node: string | undefined;
  readonly pid: number | undefined;
  readonly state: StageState;
  readonly rates: StageRates | undefined;
  /** Resident, in bytes. */
  readonly memory: number | undefined;
}

/** Stages in the order of the pipeline, shards in that of their units. */
export function stageNames(plan: Plan): readonly string[] {
  const layers = plan.layers.flatMap((_, index) => shardsOf(plan, index).map(({ stage }) => stage));
  return ['feeder', ...layers, 'evaluator'];
}

/** The stage of a layer that is not cut, and the name of one that is. @param index from 0 */
export function layerStage(index: number): string {
  return `layer-${index + 1}`;
}

/** A stage as it stands. @param units of a layer, or of its shard */
export function stageView(state: LiveState, stage: string, units?: number): StageView {
  const rates = shownRates(state, stage);
  return {
    ...{ stage, units, rates },
    node: state.status.placement[stage],
    pid: processOf(state, stage)?.pid,
    state: stateOf(state, stage, rates),
    memory: state.readings[stage]?.at(-1)?.telemetry.memory,
  };
}

/** Whether one process carries all stages, so that there are no figures of each. */
export function isSingleProcess({ status }: LiveState): boolean {
  return status.processes.some(({ role }) => role === 'single-process');
}

/** Whether stages have figures, or will have some in a moment. */
export function expectsFigures(state: LiveState): boolean {
  if (state.status.state === 'ended') return Object.keys(state.readings).length > 0;
  return state.status.state !== 'waiting' && !isSingleProcess(state);
}

/** How a stage spends its time now; once the run is over, how it has spent it since it last began. */
function shownRates({ status: { state }, readings }: LiveState, stage: string): StageRates | undefined {
  if (state === 'ended') return ratesOf(readings[stage]?.slice(-1));
  return state === 'running' && !isSilent(readings, stage) ? ratesOf(readings[stage]) : undefined;
}

function processOf({ status }: LiveState, stage: string): RunStatus['processes'][number] | undefined {
  return status.processes.find((process) => process.stage === stage);
}

function stateOf(state: LiveState, stage: string, rates: StageRates | undefined): StageState {
  const { status, fault } = state;
  if (fault?.stages.includes(stage) === true) return processOf(state, stage) === undefined ? 'dead' : 'restarting';
  switch (status.state) {
    case 'running':
      return rates === undefined ? 'running' : mostly(rates);
    case 'recovering':
      return 'rewinding';
    case 'reshaping':
      return 'starting';
    case 'waiting':
    case 'starting':
    case 'paused':
    case 'ended':
      return status.state;
  }
}

function mostly({ busy, waitingForInput, waitingForCredit }: StageRates): StageState {
  const most = Math.max(busy, waitingForInput, waitingForCredit);
  if (most === busy) return 'busy';
  return most === waitingForInput ? 'input' : 'credit';
}
