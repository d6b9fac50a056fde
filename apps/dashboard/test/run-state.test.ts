import type { StreamItem } from '@layerline/api';
import t from 'tap';
import { withItem, withKept } from '../src/data/run-state.js';
import type { LiveState } from '../src/data/run-state.js';
import { evaluation, event, head } from './support/run.js';
import { telemetry } from './support/telemetry.js';

/** What items add up to. */
function after(...items: StreamItem[]): LiveState {
  const state = items.reduce<LiveState | undefined>(withItem, undefined);
  if (state === undefined) throw new Error('no head among the items');
  return state;
}

t.test('nothing is known before the head', async (t) => {
  t.equal(withItem(undefined, event('1.0.1', { type: 'state', state: 'running' })), undefined);
});

t.test('follows how far training has got', async (t) => {
  const { status, id, progress } = after(
    head('1.0.4'),
    event('1.0.5', { type: 'progress', epoch: 1, images: 1000, trainSeconds: 2 }),
    event('1.0.6', { type: 'progress', epoch: 2, images: 6000, trainSeconds: 4 }),
  );
  t.match(status, { epoch: 2, images: 6000, trainSeconds: 4 });
  t.equal(id, '1.0.6');
  t.equal(progress.length, 2);
});

t.test('a rewind withdraws what came after its step', async (t) => {
  const state = after(
    head('1.0.1'),
    evaluation('1.0.2', 50, 0.4),
    evaluation('1.0.3', 100, 0.3),
    event('1.0.4', { type: 'progress', epoch: 2, images: 6000, trainSeconds: 4 }),
    event('1.1.1', { type: 'rewound', step: 60 }),
  );
  t.same(
    state.evaluations.map(({ step }) => step),
    [50],
  );
  t.match(state.status, { testError: 0.4, images: 3000, epoch: 1, generation: 1, restarts: 1 });
  const reshaped = after(
    head('1.0.1'),
    event('1.0.2', { type: 'state', state: 'reshaping' }),
    event('1.1.1', { type: 'rewound', step: 60 }),
  );
  t.match(reshaped.status, { generation: 1, restarts: 0 }, 'a change of the stages is no restart');
  t.same(state.progress, []);
  t.same(
    state.history.map(({ type }) => type),
    ['rewound'],
  );
});

t.test('what comes again after a rewind is there once', async (t) => {
  const state = after(
    head('1.0.1'),
    evaluation('1.0.2', 100, 0.3),
    event('1.1.1', { type: 'rewound', step: 90 }),
    evaluation('1.1.2', 100, 0.3),
  );
  t.same(
    state.evaluations.map(({ id }) => id),
    ['1.1.2'],
  );
});

t.test('a fault names its stage until frames flow again', async (t) => {
  const sentence = 'layer-2 (pid 7) was killed by SIGKILL; going back to the newest snapshot';
  const items = [
    head('1.0.1'),
    event('1.0.2', { type: 'state', state: 'recovering' }),
    event('1.0.3', { type: 'notice', sentence, stages: ['layer-2'] }),
  ];
  const fault = { sentence, stages: ['layer-2'] };
  t.match(after(...items), { fault, status: { processes: [] } });
  const started = event('1.1.2', {
    type: 'stage-started',
    process: { stage: 'layer-2', role: 'layer', node: 'new', pid: 8 },
  });
  const again = after(...items, event('1.1.1', { type: 'state', state: 'starting' }), started);
  t.same(again.fault, fault);
  t.equal(again.status.placement['layer-2'], 'new');
  t.equal(after(...items, event('1.1.3', { type: 'state', state: 'running' })).fault, undefined);
});

t.test('a notice of a wait is not taken for a fault', async (t) => {
  const { fault, status } = after(
    head('1.0.1', { state: 'waiting' }),
    event('1.0.2', { type: 'notice', sentence: 'waiting: layer-2' }),
  );
  t.equal(fault, undefined);
  t.equal(status.notices.at(-1)?.sentence, 'waiting: layer-2');
});

t.test('a stage that starts anew has no readings of its predecessor', async (t) => {
  const reading = event('1.0.2', { type: 'telemetry', stage: 'layer-1', telemetry: telemetry({ elapsed: 5 }) }, 1234);
  const before = after(head('1.0.1'), reading);
  t.equal(before.readings['layer-1']?.[0]?.at, 1234);
  const process = { stage: 'layer-1', role: 'layer', node: 'ada', pid: 9 };
  const { readings, status } = after(head('1.0.1'), reading, event('1.1.1', { type: 'stage-started', process }));
  t.equal(readings['layer-1'], undefined);
  t.same(status.processes, [process]);
});

t.test('filling a gap adds what was missed and does not turn back where the run stands', async (t) => {
  const state = after(
    head('1.0.1'),
    event('1.0.2', { type: 'progress', epoch: 1, images: 1000, trainSeconds: 2 }),
    head('1.0.9', { images: 9000, epoch: 2 }),
    evaluation('1.0.5', 100, 0.2),
    event('1.0.6', {
      ...{ type: 'training', scope: 'interval', epoch: 1, batch: 60, images: 3000, trainSeconds: 3 },
      layers: [null, null],
    }),
  );
  t.equal(state.id, '1.0.6', 'another break would go on from here');
  t.match(state.status, { images: 9000, epoch: 2 });
  t.equal(state.evaluations.length, 1);
});

t.test('a second head does not skip what is still to come of the gap', async (t) => {
  t.equal(after(head('1.0.1'), event('1.0.2', { type: 'snapshot', step: 1 }), head('1.0.9')).id, '1.0.2');
});

t.test('what is kept of the time before comes before what was heard', async (t) => {
  const state = after(head('1.0.5'), evaluation('1.0.6', 100, 0.3), event('1.0.7', { type: 'state', state: 'paused' }));
  const kept = withKept(state, {
    history: [{ id: '1.0.2', at: '', type: 'state', state: 'running' }, ...state.history],
    evaluations: [evaluation('1.0.3', 50, 0.4), evaluation('1.0.6', 100, 0.3)],
    observation: undefined,
  });
  t.same(
    kept.history.map(({ id }) => id),
    ['1.0.2', '1.0.7'],
  );
  t.same(
    kept.evaluations.map(({ id }) => id),
    ['1.0.3', '1.0.6'],
  );
});

t.test('the end is kept with its reason', async (t) => {
  const end = { error: { code: 'ERR_RUN_GIVEN_UP', message: 'Gave up' } };
  t.match(after(head('1.0.1'), event('1.0.2', { type: 'ended', end })).status, { state: 'ended', end });
});
