import type { AccuracyComparison } from '../accuracy.js';
import type { Comparison } from '../comparison.js';
import type { EngineSpeeds } from '../engine-speeds.js';
import type { Limit } from '../limit.js';
import type { Machine } from '../machine.js';
import type { PipelineResult } from '../pipeline.js';
import type { ShardsResult } from '../shards.js';
import type { SimulationStudy } from '../simulation/study.js';
import type { Transport } from '../transport.js';
import type { Watching } from '../watching.js';

/** What the parts of the benchmark have found; empty or undefined for those that have not been measured. */
export interface Measured {
  readonly comparisons: readonly Comparison[];
  readonly limit: Limit | undefined;
  /** One for each recipe. */
  readonly accuracy: readonly AccuracyComparison[];
  readonly engines: EngineSpeeds | undefined;
  readonly pipeline: readonly PipelineResult[];
  readonly shards: ShardsResult | undefined;
  /** One for each width of a layer. */
  readonly transport: readonly Transport[];
  readonly simulation: SimulationStudy | undefined;
  readonly watching: Watching | undefined;
}

export const NOTHING_MEASURED: Measured = {
  comparisons: [],
  limit: undefined,
  accuracy: [],
  engines: undefined,
  pipeline: [],
  shards: undefined,
  transport: [],
  simulation: undefined,
  watching: undefined,
};

/** The file with all numbers, in a report's folder. */
export const RESULTS = 'results.json';

/** All that was measured: what the tables and plots are made of, and `results.json` itself. Plain JSON. */
export interface Report extends Measured {
  /** Of the last measurement. */
  readonly date: string;
  /** What was typed: one command, and one for each that has added to the report. */
  readonly commands: readonly string[];
  readonly machine: Machine;
  /** Of each command. */
  readonly repeats: readonly number[];
  /** Whether the benchmark went on to its end. */
  readonly complete: boolean;
}
