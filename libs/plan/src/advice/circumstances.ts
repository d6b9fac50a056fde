import type { RunConfig } from '../config.js';
import type { Machine } from '../spread.js';
import type { StageMeasure } from './measures.js';

/** What is known of a run under way. */
export interface Observed {
  /** The name of each stage's machine. */
  readonly placement: Readonly<Record<string, string>>;
  /** Of an operation in each layer or shard. */
  readonly threads: number;
  /** By stage; may lack some. */
  readonly measures: ReadonlyMap<string, StageMeasure>;
}

/** What advice is given for. */
export interface Circumstances {
  /** Those that stages can go to: at least one. */
  readonly machines: readonly Machine[];
  /** As in the config. */
  readonly threads: RunConfig['threads'];
  /** What shards wait for an exchange of sums, in milliseconds a batch. */
  readonly roundTrip: number;
  /** The run that the network is of, if there is one. */
  readonly observed?: Observed;
}
