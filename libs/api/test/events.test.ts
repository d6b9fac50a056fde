import * as fc from 'fast-check';
import t from 'tap';
import {
  BEFORE_ALL,
  compareEventIds,
  durableEvent,
  formatEventId,
  isDurable,
  parseEventId,
  runEvent,
} from '../src/index.js';
import type { RunEvent } from '../src/index.js';

const ENVELOPE = { id: '1.2.3', at: '2026-01-31T12:00:00.000Z' };
const TELEMETRY = {
  ...{ elapsed: 500, rows: 100, busy: 1.5, waitingForInput: 2, waitingForCredit: 3, serializing: 4, cpu: 5 },
  ...{ framesSent: 6, framesReceived: 7, bytesSent: 8, memory: 9, peakMemory: 10 },
};
const LAYERS = [{ positive: 2, negative: 1, separation: 0.9 }, null];
const SUMMARY = {
  ...{ count: 100, mean: 1.5, deviation: 0.5, deciles: [0.5, 0.8, 1, 1.2, 1.5, 1.7, 1.9, 2.1, 2.5] },
  histogram: { first: 120, counts: [20, 30, 50] },
};
const OBSERVED = {
  ...{ positive: SUMMARY, negative: SUMMARY, separation: 0.9, pairwiseError: 0.1, loss: 0.3, silentUnits: 0.02 },
  ...{ weightNorm: 22, updateNorm: 0.1, learningRate: 0.003 },
};
const TRAINED = { epoch: 1, images: 100, trainSeconds: 1.5 };

/** One event of each type. */
const EVENTS: Readonly<Record<RunEvent['type'], object>> = {
  state: { type: 'state', state: 'running' },
  'stage-started': { type: 'stage-started', process: { stage: 'layer-1', role: 'layer', node: 'box', pid: 7 } },
  progress: { type: 'progress', ...TRAINED },
  training: { type: 'training', scope: 'interval', batch: 1, layers: LAYERS, ...TRAINED },
  observation: { type: 'observation', step: 3, epoch: 1, trainSeconds: 1.5, layers: [OBSERVED, null] },
  evaluation: { type: 'evaluation', epoch: 1, testError: 0.1, perLayerError: [0.2, null], seconds: 1, trainSeconds: 2 },
  looked: { type: 'looked', look: 3, image: 17, step: 40 },
  snapshot: { type: 'snapshot', step: 3 },
  'snapshot-stored': { type: 'snapshot-stored', step: 3, parts: [{ stage: 'layer-1', bytes: 5 }], seconds: 0.5 },
  'snapshot-failed': { type: 'snapshot-failed', stage: 'layer-1', step: 3, message: 'the disk is full' },
  end: { type: 'end', outcome: 'completed', epochs: 1, images: 100, trainSeconds: 2, evalSeconds: 1 },
  rewound: { type: 'rewound', step: 3 },
  telemetry: { type: 'telemetry', stage: 'layer-1', telemetry: TELEMETRY },
  notice: { type: 'notice', sentence: 'layer-1 (pid 7) was killed by SIGKILL', stages: ['layer-1'] },
  operation: {
    type: 'operation',
    operation: {
      ...{ id: 1, requestId: null, change: { kind: 'scale', layer: 'layer-1', from: 1, to: 2 }, state: 'waiting' },
      ...{ detail: 'frames to flow', revision: 1, bytes: 0, seconds: 0.1, pausedSeconds: 0 },
    },
  },
  revised: { type: 'revised', topology: { revision: 1, shards: [2, 1], threads: 1 } },
  log: { type: 'log', stage: 'layer-1', line: 'hello' },
  ended: { type: 'ended', end: { error: { code: 'ERR_RUN_STOPPED', message: 'stopped' } } },
};

t.test('every event survives JSON, and nothing else passes for one', (t) => {
  for (const [type, body] of Object.entries(EVENTS)) {
    const event = { ...ENVELOPE, ...body };
    t.same(runEvent.parse(JSON.parse(JSON.stringify(event))), event, type);
    t.notOk(runEvent.safeParse(body).success, `${type} without an id`);
    t.notOk(runEvent.safeParse({ ...event, id: '1.2' }).success, `${type} with half an id`);
    t.notOk(runEvent.safeParse({ ...event, more: 1 }).success, `${type} with more`);
  }
  t.notOk(runEvent.safeParse({ ...ENVELOPE, type: 'rumour' }).success);
  for (const wrong of [NaN, Infinity, -1, 1.5]) {
    t.notOk(
      runEvent.safeParse({ ...ENVELOPE, ...EVENTS.evaluation, testError: wrong }).success,
      `an error of ${wrong}`,
    );
  }
  t.end();
});

t.test('what is durable is what the record keeps', (t) => {
  const all = Object.values(EVENTS).map((body) => runEvent.parse({ ...ENVELOPE, ...body }));
  t.same(
    all.filter(isDurable).map(({ type }) => type),
    ['training', 'observation', 'evaluation', 'end', 'rewound'],
  );
  for (const event of all) t.equal(durableEvent.safeParse(event).success, isDurable(event), event.type);
  t.end();
});

t.test('ids are ordered by coordinator, then life, then place', (t) => {
  const id = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(2000));
  fc.assert(
    fc.property(id, id, (one, other) => {
      const [a, b] = [one, other].map(([incarnation, generation, sequence]) => {
        return formatEventId({ incarnation, generation, sequence });
      }) as [string, string];
      const first = one.findIndex((part, index) => part !== other[index]);
      const expected = first < 0 ? 0 : Math.sign((one[first] as number) - (other[first] as number));
      return Math.sign(compareEventIds(a, b)) === expected && formatEventId(parseEventId(a)) === a;
    }),
  );
  t.ok(compareEventIds('0.0.9', '0.0.10') < 0, 'by number, not by letter');
  t.ok(compareEventIds(BEFORE_ALL, '0.0.1') < 0);
  t.end();
});
