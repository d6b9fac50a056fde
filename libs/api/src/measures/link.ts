import { counter, gauge } from './measure.js';
import type { Measure } from './measure.js';
import type { StageFigures } from './stage.js';

/** The two ends of a link. */
export interface LinkFigures {
  readonly from: StageFigures;
  readonly to: StageFigures;
}

export const LINK_MEASURES: readonly Measure<LinkFigures>[] = [
  counter('sent-frames', 'frames', 'Frames sent, barriers included', ({ from }) => from.total?.framesSent ?? null),
  counter(
    'received-frames',
    'frames',
    'Frames received, barriers included',
    ({ to }) => to.total?.framesReceived ?? null,
  ),
  counter('sent-bytes', 'bytes', 'Bytes of the frames sent', ({ from }) => from.total?.bytesSent ?? null),
  gauge('in-flight-frames', 'frames', 'Frames sent and not yet received', ({ from, to }) => {
    if (from.now === null || to.now === null) return null;
    // The two ends report at different times: the receiver may be ahead.
    return Math.max(0, from.now.framesSent - to.now.framesReceived);
  }),
];
