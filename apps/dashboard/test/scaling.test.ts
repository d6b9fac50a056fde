import type { Operation, Preview } from '@layerline/api';
import t from 'tap';
import type { Test } from 'tap';
import { Client } from '../src/data/client.js';
import { LiveRun } from '../src/data/live-run.js';
import { chosenOf, hindranceOf, offersOf } from '../src/scaling/offers.js';
import { Scaling } from '../src/scaling/scaling.js';
import { canBeCancelled, moversOf, sidesOf, standingOf } from '../src/scaling/words.js';
import { FakeBrowser } from './support/fake-browser.js';
import { cut, head, plan, status } from './support/run.js';

const LAYER = '/api/runs/one/layers/layer-1';
const PREVIEW: Preview = {
  change: { kind: 'scale', layer: 'layer-1', from: 1, to: 2 },
  placement: { feeder: 'ada', 'layer-1/1': 'ada', 'layer-1/2': 'box', evaluator: 'ada' },
  units: { 'layer-1/1': 100, 'layer-1/2': 100 },
};
const OPERATION: Operation = {
  ...{ id: 3, requestId: null, change: PREVIEW.change, state: 'applied', detail: null, revision: 1 },
  ...{ bytes: 1_234_000, seconds: 4, pausedSeconds: 2.5 },
};
const BUSY = { status: 409, error: { code: 'ERR_OPERATION_BUSY', message: 'Operation 2 is under way' } };

function begin(t: Test): { readonly browser: FakeBrowser; readonly scaling: Scaling } {
  const browser = new FakeBrowser();
  browser.install(t);
  browser.answers.set(`${LAYER}/preview`, PREVIEW).set(LAYER, OPERATION);
  return { browser, scaling: new Scaling(new LiveRun('one', new Client(() => undefined))) };
}

t.test('what a layer can be cut into is offered, but for what it is', async (t) => {
  const four = { ...head('1.0.1'), plan: plan([400, 64, 200]), status: cut([4, 1, 2]).status };
  t.same(offersOf(four), [
    { layer: 'layer-1', present: 4, counts: [1, 2, 3] },
    { layer: 'layer-3', present: 2, counts: [1] },
  ]);
  const foreign = { ...plan([400, 64, 200, 200]), programs: { 'layer-2': 'reservoir' } };
  const none = cut([1, 1, 1, 1]).status;
  t.same(offersOf({ plan: foreign, status: none }), [{ layer: 'layer-4', present: 1, counts: [2] }]);
});

t.test('while a layer is being cut anew, it is offered as what it was', async (t) => {
  const { plan, status } = cut([2, 2]);
  const moving = { ...OPERATION, state: 'moving' as const };
  const presentIn = (operation: Operation) => offersOf({ plan, status: { ...status, operation } })[0]?.present;
  t.equal(presentIn(moving), 1);
  t.equal(presentIn(OPERATION), 2);
});

t.test('a choice stays for as long as it can be made', async (t) => {
  const offers = [
    { layer: 'layer-1', present: 2, counts: [1, 3, 4] },
    { layer: 'layer-3', present: 2, counts: [1] },
  ];
  t.same(chosenOf(offers, {}), { layer: 'layer-1', shards: 3 }, 'the next more');
  t.same(chosenOf(offers, { layer: 'layer-1', shards: 4 }), { layer: 'layer-1', shards: 4 });
  t.same(chosenOf(offers, { layer: 'layer-1', shards: 2 }), { layer: 'layer-1', shards: 3 }, 'it has come about');
  t.same(chosenOf(offers, { layer: 'layer-3' }), { layer: 'layer-3', shards: 1 }, 'fewer where no more can be');
  t.equal(chosenOf([], { layer: 'layer-1', shards: 2 }), undefined);
});

t.test('who can ask for nothing is told why', async (t) => {
  const state = (changed: Partial<ReturnType<typeof status>> = {}) => ({
    ...{ plan: plan([200, 64]), status: status({ topology: cut([1, 1]).status.topology, ...changed }) },
    ...{ id: '1.0.1', headId: '1.0.1', readings: {}, progress: [], evaluations: [], observation: undefined },
    ...{ history: [], fault: undefined, log: [] },
  });
  const offers = offersOf(state());
  t.equal(hindranceOf(state(), offers, true), undefined);
  t.match(hindranceOf(state(), offers, false), /viewer/);
  t.match(hindranceOf(state(), [], true), /two full blocks/);
  const processes = [{ stage: 'all', role: 'single-process', node: 'local', pid: 1 }];
  t.match(hindranceOf(state({ processes }), offers, true), /one process/);
});

t.test('a change is previewed, then asked for once however often', async (t) => {
  const { browser, scaling } = begin(t);
  const previewed = scaling.consider({ layer: 'layer-1', shards: 2 });
  t.match(scaling.considered.value, { preview: { state: 'asking' }, isAsked: false });
  await previewed;
  t.match(scaling.considered.value?.preview, { state: 'answered', answer: PREVIEW });
  t.match(browser.requests, [{ method: 'POST', path: `${LAYER}/preview`, body: { shards: 2 } }]);

  const asked = [scaling.ask(), scaling.ask()];
  t.equal(scaling.considered.value?.isAsked, true);
  await Promise.all(asked);
  t.equal(scaling.considered.value, undefined, 'it has been taken');
  const [, ...puts] = browser.requests as { method: string; path: string; body: { requestId: string } }[];
  t.match(puts, [
    { method: 'PUT', path: LAYER, body: { shards: 2 } },
    { method: 'PUT', path: LAYER },
  ]);
  t.equal(new Set(puts.map(({ body }) => body.requestId)).size, 1);
  t.match(puts[0]?.body.requestId, /^[0-9a-f]{32}$/);
  await scaling.ask();
  t.equal(browser.requests.length, 3, 'nothing is considered any more');
});

t.test('what is refused can be asked for again under the same id, and what cannot be is said beforehand', async (t) => {
  const { browser, scaling } = begin(t);
  await scaling.consider({ layer: 'layer-1', shards: 2 });
  const { requestId } = scaling.considered.value ?? {};
  browser.refusals.set(LAYER, BUSY);
  await scaling.ask();
  t.match(scaling.considered.value, { why: BUSY.error.message, isAsked: false, requestId });
  browser.refusals.clear();
  await scaling.ask();
  t.match(browser.requests.at(-1)?.body, { requestId });

  browser.refusals.set(`${LAYER}/preview`, { status: 409, error: { code: 'ERR_PLACEMENT', message: 'no free slot' } });
  await scaling.consider({ layer: 'layer-1', shards: 3 });
  t.match(scaling.considered.value?.preview, { state: 'failed', why: 'no free slot' });
  t.not(scaling.considered.value?.requestId, requestId);
});

t.test('the answer to what is no longer considered changes nothing', async (t) => {
  const { scaling } = begin(t);
  const first = scaling.consider({ layer: 'layer-1', shards: 3 });
  const second = scaling.consider({ layer: 'layer-2', shards: 2 });
  scaling.leave();
  await Promise.all([first, second]);
  t.equal(scaling.considered.value, undefined);
});

t.test('a change that waits is cancelled, or it is said why not', async (t) => {
  const { browser, scaling } = begin(t);
  const path = '/api/runs/one/operations/3';
  const cancelled = scaling.cancel(3);
  t.equal(scaling.isCancelling.value, true);
  await cancelled;
  t.match(browser.requests, [{ method: 'DELETE', path }]);
  t.match([scaling.isCancelling.value, scaling.failure.value], [false, undefined]);
  browser.refusals.set(path, { status: 409, error: { code: 'ERR_OPERATION_OVER', message: 'Operation 3 is moving' } });
  await scaling.cancel(3);
  t.equal(scaling.failure.value, 'Operation 3 is moving');
  await scaling.consider({ layer: 'layer-1', shards: 2 });
  t.equal(scaling.failure.value, undefined);
});

t.test('a change is told in words', async (t) => {
  t.same(sidesOf(OPERATION.change), { what: 'layer 1', from: '1 shard', to: '2 shards' });
  const move = { kind: 'move', stage: 'layer-2/1', from: 'ada', to: 'box' } as const;
  t.same(sidesOf(move), { what: 'layer 2, shard 1', from: 'ada', to: 'box' });
  const told = (changed: Partial<Operation>): string =>
    standingOf({ ...OPERATION, ...changed }).replaceAll('\u00a0', ' ');
  t.equal(told({}), 'Training was paused for 2.50 s, and 1.2 MB of state were sent to the stages.');
  t.equal(told({ state: 'waiting', detail: 'frames to flow' }), 'Waits for frames to flow.');
  t.equal(
    told({ state: 'rolled-back', detail: 'layer-1/2 was killed' }),
    'The run has the stages that it had before: layer-1/2 was killed.',
  );
  t.match(told({ state: 'refused', detail: 'no free slot' }), 'Nothing has changed: no free slot.');
  t.match(told({ state: 'moving' }), /paused/);
  t.ok(canBeCancelled({ state: 'waiting' }));
  t.notOk(canBeCancelled({ state: 'moving' }));
});

t.test('other stages that would move are named', async (t) => {
  const now = { feeder: 'ada', 'layer-1': 'ada', evaluator: 'box' };
  t.same(moversOf(PREVIEW, now), ['evaluator goes from box to ada']);
  t.same(moversOf(PREVIEW, {}), [], 'none where stages are nowhere');
});
