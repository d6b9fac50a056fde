import { shardCount } from '../layer-shards.js';
import type { Network } from '../plan.js';
import type { Machine } from '../spread.js';
import type { StagePlan } from '../topology.js';
import { SAMPLE_WORK, workOf } from '../work.js';

/**
 * What a step of the sample layer takes one core where no engine has been timed, in milliseconds: about what `onnx/c-api` takes
 * on servers of 2023.
 */
export const ASSUMED_CORE_MILLISECONDS = 3;

/** What a stage takes for a training batch. */
export interface StageTime {
  /** From when it has its rows until it can take the next ones, in milliseconds. */
  readonly milliseconds: number;
  /** Processor time of all its threads, in milliseconds. */
  readonly processor: number;
}

/** A stage on a machine. */
export interface PlacedStage extends StagePlan, StageTime {
  readonly machine: Machine;
}

/** What bounds the speed of a pipeline: its slowest stage, or a machine whose cores have no time left. */
export interface Bottleneck {
  readonly kind: 'stage' | 'machine';
  readonly name: string;
}

/** How fast a pipeline goes. */
export interface Pace {
  readonly stages: readonly PlacedStage[];
  /** Between one batch and the next. */
  readonly milliseconds: number;
  readonly bottleneck: Bottleneck;
}

/** How stages are run. */
export interface Running {
  /** Of an operation in each layer or shard. */
  readonly threads: number;
  /** What shards wait for each other's sums, in milliseconds a batch. */
  readonly roundTrip: number;
}

/**
 * Estimates what a stage takes for a batch on a machine: its share of the layer's multiply-adds, at the speed at which the
 * machine goes through those of the sample layer, by the share of the machine's cores that it has; and for a shard the wait
 * for one exchange of sums.
 */
export function estimate(
  network: Network,
  stage: StagePlan,
  { cores, millisecondsPerStep }: Machine,
  running: Running,
): StageTime {
  const onOneCore = millisecondsPerStep === undefined ? ASSUMED_CORE_MILLISECONDS : millisecondsPerStep * cores;
  const processor = (workOf(network, stage) / SAMPLE_WORK) * onOneCore;
  const threads = stage.layer === undefined ? 1 : Math.min(running.threads, cores);
  return { milliseconds: processor / threads + waitOf(network, stage, running), processor };
}

/** What of a stage's time is the wait for other shards of its layer, in milliseconds. */
export function waitOf(network: Network, { layer }: StagePlan, { roundTrip }: Running): number {
  return layer !== undefined && shardCount(network, layer) > 1 ? roundTrip : 0;
}

/** How fast stages go that work at the same time: as the slowest of them does, and no faster than each machine's cores can. */
export function paceOf(stages: readonly PlacedStage[]): Pace {
  let slowest = { milliseconds: 0, bottleneck: { kind: 'stage', name: '' } as Bottleneck };
  const bound = (milliseconds: number, bottleneck: Bottleneck): void => {
    if (milliseconds > slowest.milliseconds) slowest = { milliseconds, bottleneck };
  };
  const processors = new Map<Machine, number>();
  for (const { stage, machine, milliseconds, processor } of stages) {
    bound(milliseconds, { kind: 'stage', name: stage });
    processors.set(machine, (processors.get(machine) ?? 0) + processor);
  }
  for (const [{ name, cores }, processor] of processors) bound(processor / cores, { kind: 'machine', name });
  return { stages, ...slowest };
}
