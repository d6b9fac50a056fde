import type { RunState } from '@layerline/api';
import t from 'tap';
import { actionsFor, failureIn, hasHappened, hindrance } from '../src/controls/actions.js';
import { evaluation, event, head } from './support/run.js';

t.test('offers to resume what is paused', async (t) => {
  t.same(actionsFor({ state: 'paused' }), ['resume', 'evaluate', 'snapshot', 'stop']);
  t.same(actionsFor({ state: 'running' }), ['pause', 'evaluate', 'snapshot', 'stop']);
});

t.test('a viewer is told why, and so is an operator who comes at the wrong time', async (t) => {
  t.match(hindrance('stop', { state: 'running' }, false), /viewer/);
  t.equal(hindrance('stop', { state: 'running' }, true), undefined);
  t.equal(hindrance('stop', { state: 'recovering' }, true), undefined, 'stopping is always possible');
  t.match(hindrance('snapshot', { state: 'starting' }, true), /starting/);
  t.match(hindrance('stop', { state: 'ended' }, false), /over/);
});

t.test('an order is pending until an event shows that it has happened', async (t) => {
  const state = (state: RunState) => event('1.0.2', { type: 'state', state });
  t.ok(hasHappened('pause', state('paused')));
  t.notOk(hasHappened('pause', state('recovering')));
  t.ok(hasHappened('resume', state('running')));
  t.ok(hasHappened('evaluate', evaluation('1.0.2', 10, 0.5)));
  t.notOk(hasHappened('evaluate', event('1.0.2', { type: 'progress', epoch: 1, images: 1, trainSeconds: 1 })));
  t.ok(
    hasHappened(
      'snapshot',
      event('1.0.2', { type: 'snapshot-failed', stage: 'layer-1', step: 1, message: 'disk full' }),
    ),
  );
  t.notOk(hasHappened('snapshot', event('1.0.2', { type: 'snapshot', step: 1 })), 'it is not on disk yet');
  t.ok(hasHappened('pause', event('1.0.2', { type: 'ended', end: { error: { code: 'E', message: 'm' } } })));
});

t.test('after a gap, where the run stands tells', async (t) => {
  t.ok(hasHappened('pause', head('1.0.2', { state: 'paused' })));
  t.notOk(hasHappened('pause', head('1.0.2', { state: 'running' })));
  t.ok(hasHappened('resume', head('1.0.2', { state: 'running' })));
  t.notOk(hasHappened('stop', head('1.0.2', { state: 'running' })));
});

t.test('a snapshot that failed says why', async (t) => {
  const failed = event('1.0.2', { type: 'snapshot-failed', stage: 'layer-1', step: 1, message: 'disk full' });
  t.equal(failureIn('snapshot', failed), 'layer-1: disk full');
  t.equal(failureIn('evaluate', failed), undefined);
});
