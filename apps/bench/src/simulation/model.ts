/** How long something takes, in milliseconds: always the same, or drawn from what was measured. */
export type Duration = number | readonly number[];

/** A machine. */
export interface NodeModel {
  /** At least 1. Where more threads can run than there are cores, they share them evenly (processor sharing). */
  readonly cores: number;
  /**
   * How many times as long the same work takes when all cores are busy as when one is, at least 1: cores share caches
   * and memory. In between, it grows in a straight line.
   */
  readonly slowdown: number;
}

/** A process of the pipeline. Beside the threads that it computes with, one thread sends and receives. */
export interface StageModel {
  readonly name: string;
  /** Index of its node. */
  readonly node: number;
  /** Threads that it computes with, at least 1. */
  readonly threads: number;
  /** Putting a frame together from those of several stages, on the thread that receives, in milliseconds; else 0. */
  readonly assembling: number;
  /**
   * From having a frame until its result can leave or, for a shard, until its sums can; for the feeder, making a frame; for
   * the evaluator, all it does.
   */
  readonly forward: Duration;
  /** Of a shard: from having the sums of its peers until its result can leave. Else 0. */
  readonly finish: Duration;
  /** What it does after the result has left and before it takes the next frame. */
  readonly learn: Duration;
}

/** What carries a frame, or sums, from a stage to another. */
export interface LinkModel {
  /** Indices of both stages. */
  readonly from: number;
  readonly to: number;
  /** In milliseconds, at least 0. */
  readonly roundTrip: number;
  /** In bits a second; Infinity within a machine. */
  readonly bandwidth: number;
  readonly frameBytes: number;
  /** CPU time of sending and of receiving a frame, in milliseconds. */
  readonly sending: number;
  readonly receiving: number;
}

/**
 * A pipeline, from the feeder to the evaluator, as it is simulated. A stage sends each frame on all of its links, and takes
 * one from each; a shard of a layer waits for the sums of all others in the middle of its forward pass. Left out: barriers
 * and evaluations, packets and TCP's own windows, TLS, and links that share a wire: each has its bandwidth to itself.
 */
export interface PipelineModel {
  readonly nodes: readonly NodeModel[];
  /** Each after those whose frames it gets; the feeder first and the evaluator last. */
  readonly stages: readonly StageModel[];
  /** On which frames go downstream, against credit. */
  readonly links: readonly LinkModel[];
  /** On which shards tell each other their sums: one for each direction. */
  readonly exchanges: readonly LinkModel[];
  /** Pairs of rows in a frame. */
  readonly imagesPerFrame: number;
  /** Of what is drawn: an integer from 0 to 2^53 − 1. */
  readonly seed: number;
}

/** Shares of a stage's time, from 0 to 1. Together they are 1. */
export interface Shares {
  /** Computing, or waiting for a core to compute on. */
  readonly busy: number;
  readonly waitingForInput: number;
  /** For the sums of the other shards of its layer. */
  readonly waitingForPeers: number;
  readonly waitingForCredit: number;
}

/**
 * What limits the pipeline: a stage that always works, the cores of a node that several stages share, a link that
 * always carries bits, a shard that always works or waits for the sums of its peers, or else a link whose credits are not
 * back in time.
 */
export interface Bottleneck {
  readonly kind: 'stage' | 'cores' | 'bandwidth' | 'exchange' | 'credit';
  /** Of the stage, the node, the link or the shard: `layer-2`, `node-1`, `layer-1 → layer-2`. */
  readonly name: string;
}

/** What a pipeline does once it has settled. Plain JSON. */
export interface SimulationResult {
  readonly imagesPerSecond: number;
  /** From the start until the first frame has come to the end, in milliseconds. */
  readonly fill: number;
  readonly stages: readonly (Shares & {
    readonly name: string;
    /** Frames that it has passed on, since the start. */
    readonly frames: number;
  })[];
  readonly links: readonly {
    readonly name: string;
    /** Share of the time in which the link carries bits. */
    readonly wire: number;
  }[];
  readonly bottleneck: Bottleneck;
}

/** A model that cannot be simulated. */
export class ModelError extends Error {
  readonly code = 'ERR_BENCH_MODEL';

  constructor(message: string) {
    super(message);
    this.name = 'ModelError';
  }
}
