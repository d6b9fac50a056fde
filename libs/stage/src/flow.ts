import { rowCount } from '@layerline/protocol';
import type { FanOut, Frame } from '@layerline/protocol';
import type { Meter } from '@layerline/telemetry';
import type { Role } from './role.js';

/** Where frames go. The last stage of a pipeline has none. */
export type Sink = Pick<FanOut, 'send'> | undefined;

/**
 * Lets frames flow from inputs through a role to a sink until the stream ends. One frame may wait for credit while the role
 * works on the next, no more.
 * @param inputs the first stage of a pipeline, whose rows are those that it makes, has none but what it is told of them
 */
export async function flow(
  inputs: readonly AsyncIterable<Frame>[],
  role: Role,
  sink: Sink,
  meter: Meter,
): Promise<void> {
  let sending: Promise<void> = Promise.resolve();
  const { isHead = false } = role;
  meter.enter('busy');
  const input = inputOf(inputs, role);
  for await (const frame of role.transform(isHead ? input : metered(input, meter))) {
    if (isHead) countRows(frame, meter);
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

/** The one stream that a role transforms. @throws RangeError where there are several, and it cannot put them together */
function inputOf(inputs: readonly AsyncIterable<Frame>[], role: Role): AsyncIterable<Frame> {
  const [first = nothing(), ...others] = inputs;
  if (others.length === 0) return first;
  if (role.gather === undefined) throw new RangeError(`A role that takes one input was given ${inputs.length}`);
  return role.gather(inputs);
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
