import type { FunctionComponent } from 'preact';
import type { LiveRun } from './data/live-run.js';

/** A view of a run that is followed. */
export type RunView = FunctionComponent<{ readonly live: LiveRun }>;
/** A view of several runs, by their ids. */
export type RunsView = FunctionComponent<{ readonly runs: readonly string[] }>;

/** Views of their own; what is undefined is not shown, nor is a way to it. */
export interface Views {
  /** All charts of a run: `#/runs/ID/charts`. */
  readonly charts: RunView | undefined;
  /** Below the table of layers: `#/runs/ID/layers`. */
  readonly histograms: RunView | undefined;
  /** Runs side by side: `#/compare?runs=a,b`. */
  readonly compare: RunsView | undefined;
}

export const VIEWS: Views = {
  charts: undefined,
  histograms: undefined,
  compare: undefined,
};
