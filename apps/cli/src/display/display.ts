import type { RunEvent, RunStatus } from '@layerline/api';
import type { Plan } from '@layerline/plan';

/** What a display shows of a plan. */
export type ShownPlan = Pick<Plan, 'epochs' | 'evalEvery' | 'batch' | 'batchesPerEpoch' | 'layers' | 'programs'>;

/** Where a run stands, as far as a display shows it. */
export interface ShownHead {
  readonly status: Pick<RunStatus, 'state' | 'layers' | 'epoch' | 'images' | 'trainSeconds'>;
}

/** Shows a training to a person. */
export interface Display {
  /** Shows where the run stands: at the start, and again whenever a lost connection is restored. */
  open(head: ShownHead): void;
  handle(event: RunEvent): void;
  /** Prints a line that stays. */
  say(line: string): void;
  /** Gives the terminal back. */
  close(): void;
}
