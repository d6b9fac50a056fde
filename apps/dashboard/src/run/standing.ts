import type { RunStatus } from '@layerline/api';
import { countedWidths } from '@layerline/api/widths';
import type { Mood } from '../ui/mood.js';

/** Where a run stands, in a word. */
export interface Standing {
  readonly word: string;
  readonly mood: Mood;
}

export function standingOf({ state, end }: Pick<RunStatus, 'state' | 'end'>): Standing {
  switch (state) {
    case 'waiting':
      return { word: 'Waiting for nodes', mood: 'warn' };
    case 'starting':
      return { word: 'Starting', mood: 'live' };
    case 'running':
      return { word: 'Training', mood: 'live' };
    case 'paused':
      return { word: 'Paused', mood: 'warn' };
    case 'reshaping':
      return { word: 'Changing stages', mood: 'live' };
    case 'recovering':
      return { word: 'Recovering', mood: 'bad' };
    case 'ended':
      if (end !== null && 'error' in end) return { word: 'Failed', mood: 'bad' };
      return end?.result.outcome === 'stopped'
        ? { word: 'Stopped', mood: 'still' }
        : { word: 'Completed', mood: 'good' };
  }
}

/** How much of a run is done, 0 … 1. */
export function shareDone({ images, imagesInAll }: Pick<RunStatus, 'images' | 'imagesInAll'>): number {
  return imagesInAll === 0 ? 0 : Math.min(1, images / imagesInAll);
}

/** The network in a few characters, with equal neighbours counted: `784–1000×3`. */
export function networkOf(units: readonly number[], inputs?: number): string {
  const layers = countedWidths(units);
  return [...(inputs === undefined ? [] : [String(inputs)]), ...layers].join('–');
}
