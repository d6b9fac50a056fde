import { ratesNow } from '@layerline/api';
import type { NodeStatus, RunSetup, RunStatus, StageRates } from '@layerline/api';
import { NoFramesError, NotReshapableError, RunEndedError } from '@layerline/coordinator';
import { machineOf } from '@layerline/plan';
import type { Circumstances, Network, StageMeasure } from '@layerline/plan';

const MILLISECONDS = 1000;

/** A run under way, as advice takes it. */
export interface AdvisedRun {
  /** As it is cut now. */
  readonly network: Network;
  readonly circumstances: Circumstances;
}

/**
 * What advice on a run goes by: its plan, its nodes and the others that it could have, and what its stages have reported of
 * the last seconds.
 * @param nodes that have joined its coordinator @param roundTrip of an exchange of sums, in milliseconds
 * @throws RunEndedError, NoFramesError, NotReshapableError for a run whose stages are at work nowhere
 */
export function circumstancesOf(
  status: RunStatus,
  { config, plan }: RunSetup,
  nodes: readonly NodeStatus[],
  roundTrip: number,
): AdvisedRun {
  const { id, state, end, placement, topology, telemetry } = status;
  if (end !== null) throw new RunEndedError(id, end);
  if (config.singleProcess) throw new NotReshapableError(id);
  const placed = Object.values(placement);
  const isHere = placed.length > 0 && placed.every((name) => nodes.some((node) => node.name === name));
  if (!isHere || (state !== 'running' && state !== 'paused')) throw new NoFramesError(id, state);
  const machines = nodes.flatMap((node) => {
    const own = placed.filter((name) => name === node.name).length;
    if (node.draining && own === 0) return [];
    return [machineOf(node.name, node, node.slots - node.tasks + own, plan.engine.backend)];
  });
  const measures = new Map(
    Object.keys(telemetry).flatMap((stage) => {
      const measure = measureOf(ratesNow(status, stage), 2 * plan.batch);
      return measure === undefined ? [] : [[stage, measure] as const];
    }),
  );
  const { shards, threads } = topology;
  return {
    network: { ...plan, shards },
    circumstances: { machines, threads: config.threads, roundTrip, observed: { placement, threads, measures } },
  };
}

/** @param rows of a training batch @returns undefined for a stage that has had none lately */
function measureOf(rates: StageRates | undefined, rows: number): StageMeasure | undefined {
  if (rates === undefined || rates.rowsPerSecond === 0) return undefined;
  const { busy, processors, rowsPerSecond } = rates;
  const perBatch = (rows / rowsPerSecond) * MILLISECONDS;
  return { busy, milliseconds: busy * perBatch, processor: processors * perBatch };
}
