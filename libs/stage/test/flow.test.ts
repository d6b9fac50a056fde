import { setImmediate } from 'node:timers/promises';
import type { Frame } from '@layerline/protocol';
import { Meter } from '@layerline/telemetry';
import type { Activity } from '@layerline/telemetry';
import t from 'tap';
import { flow } from '../src/index.js';
import type { Role } from '../src/index.js';

const END: Frame = { kind: 'barrier', order: { type: 'end', outcome: 'completed' } };

function rows(batch: number): Frame {
  return { kind: 'rows', purpose: 'train', epoch: 1, batch, positive: 2, negative: 2, neutral: 1, blocks: [] };
}

async function* stream(count: number): AsyncGenerator<Frame> {
  for (let batch = 0; batch < count; batch++) yield rows(batch);
  yield END;
}

/** A role that passes frames on and notes what it does. */
function passing(steps: string[] = []): Role {
  return {
    async *transform(input) {
      for await (const frame of input) {
        const name = frame.kind === 'rows' ? String(frame.batch) : frame.order.type;
        steps.push(`pass ${name}`);
        yield frame;
        steps.push(`learn ${name}`);
      }
      steps.push('done');
    },
    close: async () => undefined,
  };
}

/** A sink whose frames leave when the test says so. */
class Valve {
  readonly sent: Frame[] = [];
  readonly #held: { open: () => void; fail: (error: Error) => void }[] = [];

  async send(frame: Frame): Promise<void> {
    this.sent.push(frame);
    await new Promise<void>((open, fail) => this.#held.push({ open, fail }));
  }

  get held(): number {
    return this.#held.length;
  }

  open(): void {
    this.#held.shift()?.open();
  }

  fail(error: Error): void {
    this.#held.shift()?.fail(error);
  }
}

/** Lets everything go on that can. */
async function settle(): Promise<void> {
  for (let times = 0; times < 5; times++) await setImmediate();
}

t.test('frames pass in order, and the flow ends with the stream', async (t) => {
  const sent: Frame[] = [];
  await flow([stream(20)], passing(), { send: async (frame) => void sent.push(frame) }, new Meter());
  t.same(sent, [...Array.from({ length: 20 }, (_, batch) => rows(batch)), END]);
});

t.test('the last stage has nowhere to send to', async (t) => {
  const steps: string[] = [];
  await flow([stream(2)], passing(steps), undefined, new Meter());
  t.same(steps, ['pass 0', 'learn 0', 'pass 1', 'learn 1', 'pass end', 'learn end', 'done']);
});

t.test('the role works on one frame while the one before waits for credit, and no further', async (t) => {
  const steps: string[] = [];
  const valve = new Valve();
  const flowing = flow([stream(4)], passing(steps), valve, new Meter());
  await settle();
  t.same(steps, ['pass 0', 'learn 0', 'pass 1']);
  t.same(valve.sent, [rows(0)]);
  await settle();
  t.same(steps, ['pass 0', 'learn 0', 'pass 1'], 'it stays so');
  valve.open();
  await settle();
  t.same(steps, ['pass 0', 'learn 0', 'pass 1', 'learn 1', 'pass 2']);
  t.same(valve.sent, [rows(0), rows(1)]);
  for (let times = 0; times < 3; times++) {
    t.equal(valve.held, 1, 'one frame at a time');
    valve.open();
    await settle();
  }
  t.equal(steps.at(-1), 'done');
  let ended = false;
  void flowing.then(() => (ended = true));
  await settle();
  t.notOk(ended, 'the end of the stream is still waiting');
  valve.open();
  await flowing;
  t.same(valve.sent, [rows(0), rows(1), rows(2), rows(3), END]);
});

t.test('rows are counted where they come in, or where they are made', async (t) => {
  const source: Role = { isHead: true, transform: () => stream(3), close: async () => undefined };
  for (const [input, role] of [
    [stream(3), passing()],
    [undefined, source],
  ] as const) {
    const meter = new Meter();
    await flow(input === undefined ? [] : [input], role, undefined, meter);
    t.equal(meter.read().rows, 15);
  }
});

t.test('a sink that fails ends the flow, and the input with it', async (t) => {
  const steps: string[] = [];
  const valve = new Valve();
  let closed = false;
  const input = (async function* () {
    try {
      yield* stream(10);
    } finally {
      closed = true;
    }
  })();
  const flowing = flow([input], passing(steps), valve, new Meter());
  await settle();
  valve.fail(new Error('the consumer is gone'));
  await t.rejects(flowing, { message: 'the consumer is gone' });
  t.same(steps, ['pass 0', 'learn 0', 'pass 1']);
  t.ok(closed);
});

t.test('a sink that fails at the last frame ends the flow', async (t) => {
  const sink = { send: (frame: Frame) => (frame === END ? Promise.reject(new Error('late')) : Promise.resolve()) };
  await t.rejects(flow([stream(3)], passing(), sink, new Meter()), { message: 'late' });
});

t.test('a role or an input that fails ends the flow, whatever becomes of the frame under way', async (t) => {
  const failing: Role = {
    async *transform(input) {
      for await (const frame of input) {
        yield frame;
        throw new Error('diverged');
      }
    },
    close: async () => undefined,
  };
  const valve = new Valve();
  await t.rejects(flow([stream(3)], failing, valve, new Meter()), { message: 'diverged' });
  valve.fail(new Error('nobody is interested any more'));
  await settle();
  const broken = (async function* () {
    yield rows(0);
    throw new Error('the producer is gone');
  })();
  const sent: Frame[] = [];
  await t.rejects(flow([broken], passing(), { send: async (frame) => void sent.push(frame) }, new Meter()), {
    message: 'the producer is gone',
  });
  t.same(sent, [rows(0)]);
});

t.test('the time is accounted for, by what the stage waits for', async (t) => {
  const began = performance.now();
  const meter = new Meter();
  const slow = async (): Promise<void> => {
    const until = performance.now() + 2;
    while (performance.now() < until) await setImmediate();
  };
  const input = (async function* () {
    for await (const frame of stream(10)) {
      await slow();
      yield frame;
    }
  })();
  const role: Role = {
    async *transform(frames) {
      for await (const frame of frames) {
        await slow();
        yield frame;
      }
    },
    close: async () => undefined,
  };
  await flow([input], role, { send: slow }, meter);
  const { elapsed, rows: count, busy, waitingForInput, waitingForCredit } = meter.read();
  t.equal(count, 50);
  t.ok(Math.abs(busy + waitingForInput + waitingForCredit - elapsed) < 1e-6);
  t.ok(busy >= 11 * 2, `busy ${busy} ms`);
  t.ok(waitingForInput >= 11 * 2, `waiting for input ${waitingForInput} ms`);
  t.ok(waitingForCredit > 0, `waiting for credit ${waitingForCredit} ms`);
  t.ok(elapsed <= performance.now() - began, `${elapsed} ms`);
});

t.test('the head of a pipeline is busy, not waiting for an input that it has not got', async (t) => {
  const entered: Activity[] = [];
  const meter = new (class extends Meter {
    override enter(activity: Activity): void {
      entered.push(activity);
      super.enter(activity);
    }
  })();
  const head: Role = {
    async *transform() {
      for (let batch = 0; batch < 10; batch++) {
        await setImmediate();
        yield rows(batch);
      }
    },
    close: async () => undefined,
  };
  await flow([stream(0)], head, { send: async () => undefined }, meter);
  t.equal(entered[0], 'busy');
  t.notOk(entered.includes('waitingForInput'), entered.join(', '));
});
