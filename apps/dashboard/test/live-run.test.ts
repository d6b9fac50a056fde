import type { StreamItem } from '@layerline/api';
import t from 'tap';
import type { Test } from 'tap';
import { Client } from '../src/data/client.js';
import { LiveRun } from '../src/data/live-run.js';
import { FakeBrowser } from './support/fake-browser.js';
import { evaluation, event, head } from './support/run.js';

/** A run that is followed in a browser that we play. */
function followed(t: Test) {
  const browser = new FakeBrowser();
  browser.install(t);
  const live = new LiveRun('a/b', new Client(() => undefined));
  live.start();
  t.teardown(() => live.stop());
  return { browser, live };
}

t.test('shows where the run stands at once, and asks for what the stream does not repeat', async (t) => {
  const { browser, live } = followed(t);
  t.equal(live.connection.value.state, 'connecting');
  browser.answers.set('/api/runs/a%2Fb/evaluations', { evaluations: [evaluation('1.0.3', 50, 0.4)] });
  t.equal(browser.source.url, '/api/runs/a%2Fb/events');
  browser.source.send(head('1.0.9'));
  t.equal(live.connection.value.state, 'live');
  t.equal(live.status.value?.id, 'one');
  await browser.settled();
  t.same(
    live.state.value?.evaluations.map(({ id }) => id),
    ['1.0.3'],
  );
});

t.test('listeners hear every item after the state has it', async (t) => {
  const { browser, live } = followed(t);
  const heard: string[] = [];
  live.subscribe((items: readonly StreamItem[]) =>
    heard.push(...items.map(({ id }) => `${id} at ${live.state.value?.id}`)),
  );
  browser.source.send(head('1.0.1'));
  browser.source.send(event('1.0.2', { type: 'state', state: 'paused' }));
  browser.source.send(event('1.0.3', { type: 'state', state: 'running' }));
  browser.runTimers();
  t.same(heard, ['1.0.1 at 1.0.1', '1.0.2 at 1.0.3', '1.0.3 at 1.0.3']);
});

t.test('goes on after the last event when the connection is lost', async (t) => {
  const { browser, live } = followed(t);
  browser.source.send(head('1.0.1'));
  browser.source.send(event('1.0.2', { type: 'state', state: 'running' }));
  browser.unreachable = true;
  browser.source.fail();
  t.equal(live.connection.value.state, 'lost');
  t.equal(live.state.value?.id, '1.0.2', 'what had come is not lost');
  await browser.settled();
  browser.unreachable = false;
  browser.runTimers();
  t.equal(browser.source.url, '/api/runs/a%2Fb/events?after=1.0.2');
  browser.source.send(head('1.0.8'));
  t.equal(live.connection.value.state, 'live');
});

t.test('closes the stream while nobody looks, and opens it again', async (t) => {
  const { browser, live } = followed(t);
  browser.source.send(head('1.0.1'));
  const { source } = browser;
  browser.setHidden(true);
  t.ok(source.isClosed);
  t.equal(live.connection.value.state, 'resting');
  browser.setHidden(false);
  t.not(browser.source, source);
  t.equal(browser.source.url, '/api/runs/a%2Fb/events?after=1.0.1');
});

t.test('asks no more once the run has ended', async (t) => {
  const { browser, live } = followed(t);
  browser.source.send(head('1.0.1'));
  const { source } = browser;
  source.send(event('1.0.2', { type: 'ended', end: { error: { code: 'E', message: 'm' } } }));
  t.equal(live.connection.value.state, 'ended');
  t.equal(live.status.value?.state, 'ended');
  t.ok(source.isClosed);
  browser.setHidden(true);
  browser.setHidden(false);
  t.equal(browser.source, source);
});

t.test('a run that had ended before is not taken for a lost connection', async (t) => {
  const { browser, live } = followed(t);
  browser.source.send(head('1.0.1', { state: 'ended' }));
  browser.source.fail();
  t.equal(live.connection.value.state, 'ended');
});

t.test('says so if there is no such run, and gives up', async (t) => {
  const { browser, live } = followed(t);
  const message = 'This coordinator has no run a/b';
  browser.refusals.set('/api/runs/a%2Fb', { status: 404, error: { code: 'ERR_UNKNOWN_RUN', message } });
  browser.source.fail();
  await browser.settled();
  t.same(live.connection.value, { state: 'refused', why: message });
  t.equal(browser.timers, 0);
});
