import type { Comparison } from '../comparison.js';
import type { Limit } from '../limit.js';
import type { Machine } from '../machine.js';
import type { PipelineResult } from '../pipeline.js';

/** All that was measured: what the tables and plots are made of, and `results.json` itself. Plain JSON. */
export interface Report {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly repeats: number;
  readonly comparisons: readonly Comparison[];
  readonly limit: Limit | undefined;
  readonly pipeline: readonly PipelineResult[];
}
