import { shardCount } from '../layer-shards.js';
import { layerName } from '../layers.js';
import type { Circumstances } from './circumstances.js';
import type { Scenario } from './forecast.js';
import { ASSUMED_CORE_MILLISECONDS } from './pace.js';

/** Something that a person should know who cuts a network like this. */
export interface Warning {
  /** The layer that it is about; null for what is about no single one. */
  readonly layer: string | null;
  readonly sentence: string;
}

/** What to tell of a network as it is cut. */
export function warningsOf(scenario: Scenario, circumstances: Circumstances): Warning[] {
  const { machines, observed } = circumstances;
  const about = (sentence: string): Warning => ({ layer: null, sentence });
  const warnings = scenario.network.layers.flatMap((_, index) => wasteOf(scenario, index, circumstances.roundTrip));
  const slots = machines.reduce((sum, machine) => sum + machine.slots, 0);
  const { length } = scenario.pace.stages;
  if (slots < length) {
    warnings.push(
      about(`There are ${slots} free slots for ${length} stages: the run would wait. Give nodes more with --slots`),
    );
  }
  const untimed = machines.filter(({ millisecondsPerStep }) => millisecondsPerStep === undefined);
  if (untimed.length > 0 && observed === undefined) {
    const names = untimed.map(({ name }) => name).join(', ');
    warnings.push(
      about(`Nobody has timed the engine of ${names}: ${ASSUMED_CORE_MILLISECONDS} ms of a core a step are assumed`),
    );
  }
  return warnings;
}

/** Warns of a layer whose shards wait for each other for as long as they save, or longer. */
function wasteOf({ network, pace }: Scenario, index: number, roundTrip: number): Warning[] {
  if (shardCount(network, index) === 1) return [];
  const layer = layerName(index);
  const times = pace.stages
    .filter((stage) => stage.layer === index)
    .map(({ milliseconds }) => milliseconds - roundTrip);
  const whole = times.reduce((sum, time) => sum + time, 0);
  const saved = whole - Math.max(...times);
  if (saved > roundTrip) return [];
  const sentence =
    `${layer}: its ${times.length} shards save ${saved.toFixed(2)} ms a batch, and an exchange between them takes ` +
    `${roundTrip.toFixed(2)} ms: do not cut it`;
  return [{ layer, sentence }];
}
