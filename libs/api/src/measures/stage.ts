import type { StageTelemetry } from '@layerline/protocol';
import { counter, gauge } from './measure.js';
import type { Measure } from './measure.js';

const MILLISECONDS = 1000;

/** What is measured of a stage. */
export interface StageFigures {
  readonly stage: string;
  readonly role: string;
  /** Where it is now; null between two lives of the run, and after its end. */
  readonly node: string | null;
  /** Its newest reading, which counts from the start of the current life; null where there is none from that life. */
  readonly now: StageTelemetry | null;
  /** The same added up over all lives; null if the stage has never reported, as in a single process. */
  readonly total: StageTelemetry | null;
}

export const STAGE_MEASURES: readonly Measure<StageFigures>[] = [
  counter('rows', 'rows', 'Rows that the stage has worked on', ({ total }) => total?.rows ?? null),
  time('busy', 'Time that the stage has spent at work', 'busy'),
  time('waiting-for-input', 'Time that the stage has waited for the one before it', 'waitingForInput'),
  time('waiting-for-credit', 'Time that the stage has waited for the one after it', 'waitingForCredit'),
  time(
    'serializing',
    'Time spent on encoding, sending, receiving and decoding; overlaps with the others',
    'serializing',
  ),
  time('cpu', "Processor time of the stage's process, user and system, of all threads", 'cpu'),
  gauge('memory', 'bytes', "Resident memory of the stage's process", ({ now }) => now?.memory ?? null),
  gauge('peak-memory', 'bytes', "The most that the stage's process has had", ({ now }) => now?.peakMemory ?? null),
];

function time(
  name: string,
  help: string,
  figure: 'busy' | 'waitingForInput' | 'waitingForCredit' | 'serializing' | 'cpu',
): Measure<StageFigures> {
  return counter(name, 'seconds', help, ({ total }) => (total === null ? null : total[figure] / MILLISECONDS));
}
