import type { Assignment, Frame } from '@layerline/protocol';

/** What a stage's surroundings do for its role, the same in a process of its own and in one process for all. */
export interface StageServices {
  /** Tells the coordinator something. The report must survive JSON. */
  readonly report: (report: object) => void;
  /** Puts a part of the model into the store. @param part its name in the model, such as `layer-1` */
  readonly store: (part: string, bytes: Uint8Array) => Promise<void>;
}

/**
 * What makes a stage a feeder, a layer or an evaluator: a transformation of a stream of frames. It ends with the stream.
 * What it does after yielding a frame overlaps with whatever the next stage does with that frame.
 */
export interface Role {
  transform(input: AsyncIterable<Frame>): AsyncIterable<Frame>;
  /** Brings the stream to an early end. Only the head of a pipeline can. */
  stop?(): void;
  close(): Promise<void>;
}

/** Makes a role ready to begin: engine open, data loaded, numbers in place. */
export type RoleFactory = (assignment: Assignment, services: StageServices) => Promise<Role>;
