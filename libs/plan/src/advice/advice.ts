import type { RunConfig } from '../config.js';
import { shardCount } from '../layer-shards.js';
import { networkOf } from '../make-plan.js';
import type { Network } from '../plan.js';
import { sharesOf } from '../shares.js';
import { spread } from '../spread.js';
import type { Machine } from '../spread.js';
import { stagesOf } from '../topology.js';
import { workOf } from '../work.js';
import { balance, isAsFast } from './balance.js';
import type { Circumstances, Observed } from './circumstances.js';
import { forecastOf } from './forecast.js';
import type { Forecast, Scenario } from './forecast.js';
import { correctedBy } from './measures.js';
import type { Measured } from './measures.js';
import { estimate, paceOf } from './pace.js';
import { warningsOf } from './warnings.js';
import type { Warning } from './warnings.js';

/** What an exchange of sums is taken to cost, in milliseconds: a round trip between two processes in one machine room. */
export const DEFAULT_ROUND_TRIP = 0.2;
/** Feeder and evaluator. */
const ENDS = 2;

/** What there is to say about the cut of a network on some machines. */
export interface Advice {
  /** As it is cut. */
  readonly now: Forecast;
  /** As it is fastest, with as few shards as that takes. */
  readonly best: Forecast;
  readonly warnings: readonly Warning[];
}

/**
 * Works out how fast a pipeline trains on some machines, and how its layers should be cut.
 *
 * The model: stages work at the same time, so a batch takes as long as the slowest stage, and no less than any machine's
 * cores need for all of its stages. A stage's time is that of its matrix products at the speed of the machine's engine on the
 * sample layer ({@link estimate}); of a run, it is what has been measured, and other cuts of the same layer are estimated
 * from that: with what stages of one machine take from each other, and with the time that shards wait for slower ones.
 * Stages are placed as the coordinator would, by work alone.
 *
 * What it leaves out: that several threads wait for each other, and that large products go faster than the sample's; updates
 * of the optimizer, activations, frames, and links that are slower than what they carry; evaluations and snapshots; what else
 * the machines do, and whether they compute the same bits, have data or programs, or reach each other. A layer that is a
 * node's own program counts as Layerline's. So its figures are for comparing cuts: each may be off by tens of per cent.
 * @throws RangeError for a run that has a stage on none of the machines
 */
export function advise(network: Network, circumstances: Circumstances): Advice {
  const { machines, roundTrip, observed } = circumstances;
  const present = presentOf(network, circumstances);
  const timeOf = observed === undefined ? estimate : correctedBy(measuredOf(present, roundTrip, observed));
  const counts = network.layers.map((_, index) => shardCount(network, index));
  const scenarioWith = (shards: readonly number[]): Scenario => {
    if (shards.every((count, index) => count === counts[index])) return present;
    return scenarioOf({ ...network, shards: [...shards] }, circumstances, timeOf);
  };
  const balanced = scenarioWith(balance(network, mostStages(machines), (shards) => scenarioWith(shards).pace));
  // With more stages than cores, it may go faster as it is than with any cut that is looked for.
  const best = isAsFast(balanced.pace, present.pace) ? balanced : present;
  const busy = new Map(Array.from(observed?.measures ?? [], ([stage, measure]) => [stage, measure.busy]));
  return {
    now: forecastOf(present, busy),
    best: forecastOf(best, best === present ? busy : undefined),
    warnings: warningsOf(present, circumstances),
  };
}

/** A config whose shards, if they are `auto`, are those that balance the pipeline on some machines. @throws ConfigError */
export function withShards(config: RunConfig, machines: readonly Machine[]): RunConfig {
  if (config.shards !== 'auto') return config;
  const { threads, singleProcess } = config;
  // In a single process, sums go nowhere.
  const roundTrip = singleProcess ? 0 : DEFAULT_ROUND_TRIP;
  return { ...config, shards: [...advise(networkOf(config), { machines, threads, roundTrip }).best.shards] };
}

/** As it is: where its stages are, and with the times that have been measured. */
function presentOf(network: Network, circumstances: Circumstances): Scenario {
  const { machines, roundTrip, observed } = circumstances;
  if (observed === undefined) return scenarioOf(network, circumstances, estimate);
  const { threads, placement, measures } = observed;
  const stages = stagesOf(network).map((stage) => {
    const machine = machines.find(({ name }) => name === placement[stage.stage]);
    if (machine === undefined) throw new RangeError(`${stage.stage} is on none of the machines`);
    const time = measures.get(stage.stage) ?? estimate(network, stage, machine, { threads, roundTrip });
    return { ...stage, machine, milliseconds: time.milliseconds, processor: time.processor };
  });
  return { network, threads, pace: paceOf(stages) };
}

function scenarioOf(network: Network, circumstances: Circumstances, timeOf: typeof estimate): Scenario {
  const { machines, threads: wanted, roundTrip } = circumstances;
  const { layers, shards } = network;
  const { threads } = sharesOf({ threads: wanted, singleProcess: false, layers, shards }, machines);
  const running = { threads, roundTrip };
  const nodes = placementOf(network, machines);
  const stages = stagesOf(network).map((stage) => {
    const machine = nodes.get(stage.stage) as Machine;
    return { ...stage, machine, ...timeOf(network, stage, machine, running) };
  });
  return { network, threads, pace: paceOf(stages) };
}

/** The machine of each stage. Where there are too few slots, as if there were enough. */
function placementOf(network: Network, machines: readonly Machine[]): ReadonlyMap<string, Machine> {
  const stages = stagesOf(network).map((stage) => ({ ...stage, work: workOf(network, stage) }));
  const isRoomy = sum(machines, ({ slots }) => slots) >= stages.length;
  const roomy = isRoomy ? machines : machines.map((machine) => ({ ...machine, slots: stages.length }));
  const found = spread(
    stages.sort((a, b) => b.work - a.work),
    roomy,
  );
  if ('unplaced' in found) throw new RangeError('There is no machine for any stage');
  return new Map(Array.from(found.nodes, ([{ stage }, machine]) => [stage, machine]));
}

/** So many layers and shards have a core each, and a slot. */
function mostStages(machines: readonly Machine[]): number {
  return Math.min(
    sum(machines, ({ cores }) => cores),
    sum(machines, ({ slots }) => slots) - ENDS,
  );
}

/** The stages of the present that have been measured. */
function measuredOf({ network, threads, pace }: Scenario, roundTrip: number, { measures }: Observed): Measured {
  const stages = pace.stages.flatMap((stage) => {
    const measure = measures.get(stage.stage);
    return measure === undefined ? [] : [{ stage, machine: stage.machine, measure }];
  });
  return { network, running: { threads, roundTrip }, stages };
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
