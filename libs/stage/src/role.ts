import type { Assignment, Frame, StreamOrder, Sums } from '@layerline/protocol';

/** What a stage's surroundings do for its role, the same in a process of its own and in one process for all. */
export interface StageServices {
  /** Reports something to the coordinator. The report must survive JSON. */
  readonly report: (report: object) => void;
  /** Keeps what the stage has learned, as its part of the model. */
  readonly storeModel: (bytes: Uint8Array) => Promise<void>;
  /** Keeps the stage's part of a snapshot. Never rejects: a snapshot that cannot be kept ends nothing. */
  readonly storeSnapshot: (step: number, bytes: Uint8Array) => Promise<void>;
  /** Keeps what a look has shown, under its id. @throws Error, whose message is a sentence */
  readonly storeLook: (id: number, bytes: Uint8Array) => Promise<void>;
  /**
   * Gives sums to the other shards of the layer, and gets theirs, in the order of their units. For the rows of each frame once.
   * @throws ConnectionLostError, ProtocolError
   */
  readonly exchange: (sums: Sums) => Promise<readonly Sums[]>;
}

/** Where a stage goes on: at the barrier of a snapshot. */
export interface Resumption {
  /** Training batches of the whole run before the barrier. */
  readonly step: number;
  /** What is stored of the stage's state. @throws StoreError */
  readonly read: () => Promise<Uint8Array>;
}

/**
 * What makes a stage a feeder, a layer or an evaluator: a transformation of a stream of frames. It ends with the stream.
 * What it does after yielding a frame overlaps with whatever the next stage does with that frame.
 */
export interface Role {
  /** Whether it is the head of the pipeline, and makes the rows. What it gets is about them, and comes while it sends others. */
  readonly isHead?: boolean;
  transform(input: AsyncIterable<Frame>): AsyncIterable<Frame>;
  /** Puts the frames of several inputs together to one stream. Left out by a role that has one at most. */
  gather?(inputs: readonly AsyncIterable<Frame>[]): AsyncIterable<Frame>;
  /** Follows an order about the stream. Only the head of a pipeline can. */
  handle?(order: StreamOrder): void;
  close(): Promise<void>;
}

/** Makes a role ready to begin: engine open, data loaded, numbers in place. */
export type RoleFactory = (
  assignment: Assignment,
  services: StageServices,
  resumption: Resumption | undefined,
) => Promise<Role>;
