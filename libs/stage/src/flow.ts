import { rowCount } from '@layerline/protocol';
import type { Frame, OutboundLink } from '@layerline/protocol';
import type { Meter } from '@layerline/telemetry';
import type { Role } from './role.js';

/** Where frames go. The last stage of a pipeline has none. */
export type Sink = Pick<OutboundLink, 'send'> | undefined;

/**
 * Lets frames flow from an input through a role to a sink until the stream ends. One frame may wait for credit while
 * the role works on the next, no more.
 * @param input undefined for the first stage of a pipeline, whose rows are those that it makes
 */
export async function flow(
  input: AsyncIterable<Frame> | undefined,
  role: Role,
  sink: Sink,
  meter: Meter,
): Promise<void> {
  let sending: Promise<void> = Promise.resolve();
  meter.enter('busy');
  for await (const frame of role.transform(metered(input ?? nothing(), meter))) {
    if (input === undefined) countRows(frame, meter);
    meter.enter('waitingForCredit');
    await sending;
    meter.enter('busy');
    if (sink === undefined) continue;
    sending = sink.send(frame);
    // A failure is met at the next `await`; until then it must not count as unhandled.
    sending.catch(() => undefined);
  }
  meter.enter('waitingForCredit');
  await sending;
}

/** Watches a stream on its way into a role: the time the role waits for frames, and their rows. */
async function* metered(input: AsyncIterable<Frame>, meter: Meter): AsyncGenerator<Frame> {
  meter.enter('waitingForInput');
  for await (const frame of input) {
    meter.enter('busy');
    countRows(frame, meter);
    yield frame;
    meter.enter('waitingForInput');
  }
  meter.enter('busy');
}

function countRows(frame: Frame, meter: Meter): void {
  if (frame.kind === 'rows') meter.countRows(rowCount(frame));
}

async function* nothing(): AsyncGenerator<Frame> {}
