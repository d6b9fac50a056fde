import type { ReadonlySignal } from '@preact/signals';
import type { Pace, Times, XAxis } from './axis.js';
import { placeOfStep, stepAt } from './axis.js';
import type { News } from './feed.js';
import type { Mark } from './marks.js';
import type { ChartView } from './view.js';

/** What charts that are shown together share. */
export interface Scene {
  readonly view: ChartView;
  readonly marks: ReadonlySignal<readonly Mark[]>;
  /** The run by which steps and times are converted into each other; undefined while none has begun. */
  readonly reference: () => { readonly pace: Pace; readonly times: Times } | undefined;
  /** Calls back with what happens to the series. @returns what ends that */
  listen(listener: (news: News) => void): () => void;
}

/** Draws the charts against another axis, and keeps what is shown. */
export function changeAxis({ view, reference }: Scene, axis: XAxis): void {
  const run = reference();
  const before = view.axis.peek();
  if (run === undefined) view.changeAxis(axis, (place) => place);
  else {
    const { pace, times } = run;
    view.changeAxis(axis, (place) => placeOfStep(axis, pace, times, stepAt(before, pace, times, place)));
  }
}
