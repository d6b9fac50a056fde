import { join } from 'node:path';
import { csvOf } from '@layerline/coordinator';
import type { RunArchive } from '@layerline/coordinator';
import { tensorBoardRecords } from './tensorboard.js';

export const FORMATS = ['tensorboard', 'csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** A file that a run is exported into. */
export interface Exported {
  /** Relative to the folder of exports. */
  readonly path: string;
  readonly content: AsyncIterable<string | Uint8Array>;
}

/** A run in a format. */
export function exported(run: RunArchive, format: Format): Exported {
  switch (format) {
    case 'tensorboard':
      // TensorBoard takes each folder for a run, and finds its files by this name.
      return { path: join(run.id, `events.out.tfevents.${run.id}`), content: tensorBoardRecords(run) };
    case 'csv':
      return { path: `${run.id}.csv`, content: csvOf(run.index, undefined) };
    case 'jsonl':
      return { path: `${run.id}.jsonl`, content: pointsOf(run) };
  }
}

/** All points of all series, one JSON object a line. */
async function* pointsOf({ index }: RunArchive): AsyncGenerator<string> {
  for (const series of index.names) {
    const points = index.points(series);
    for (const place of points.step.keys()) {
      const [step, trainSeconds, value] = [points.step[place], points.trainSeconds[place], points.value[place]];
      const at = new Date(points.at[place] as number).toISOString();
      yield `${JSON.stringify({ series, step, at, trainSeconds, value })}\n`;
    }
  }
}
