import type { RunEvent, RunHead, RunStatus, StreamItem } from '@layerline/api';
import type { ReadonlySignal } from '@preact/signals';

export type Plan = Pick<RunHead['plan'], 'batch' | 'batchesPerEpoch' | 'layers'>;

/** A run as the page follows it: what charts need of it. */
export interface LiveRun {
  readonly id: string;
  /** Undefined until the coordinator has answered. */
  readonly state: ReadonlySignal<
    | {
        readonly plan: Plan;
        readonly status: Pick<RunStatus, 'state'>;
        /** What happened, oldest first. */
        readonly history: readonly RunEvent[];
        readonly evaluations: readonly RunEvent[];
      }
    | undefined
  >;
  /** Calls back with what the stream brings from now on. @returns what ends that */
  subscribe(listener: (items: readonly StreamItem[]) => void): () => void;
}
