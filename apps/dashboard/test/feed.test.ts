import type { Series } from '@layerline/api';
import { effect } from '@preact/signals';
import t from 'tap';
import type { Test } from 'tap';
import { Feed } from '../src/charts/feed.js';
import type { Line } from '../src/charts/lines.js';

const LINE: Line = {
  ...{ key: 'layer-1', label: 'Layer 1', run: 'one', name: 'layer-1/loss' },
  ...{ style: { colour: '--layer-1', dash: [], width: 1 }, pace: { batch: 1, batchesPerEpoch: 1, startedAt: 0 } },
};

function seriesOf(steps: readonly number[], thinned = false): Series {
  const zeros = steps.map(() => 0);
  const greatest = thinned ? steps.map((step) => step + 1) : [...steps];
  return {
    ...{
      name: LINE.name,
      step: [...steps],
      at: zeros,
      trainSeconds: zeros,
      count: steps.map((_, index) => index + 1),
      smooth: [],
    },
    ...{ least: [...steps], greatest, last: [...steps] },
  };
}

/** A coordinator that answers when it is told to. */
function coordinator(t: Test): { asked: string[]; answer: (series: Series) => void } {
  const { fetch } = globalThis;
  const asked: string[] = [];
  const waiting: ((series: Series) => void)[] = [];
  globalThis.fetch = (path) =>
    new Promise((resolve) => {
      asked.push(path as string);
      waiting.push((series) => resolve(Response.json({ series: [series] })));
    });
  t.teardown(() => (globalThis.fetch = fetch));
  return { asked, answer: (series) => waiting.shift()?.(series) };
}

/** Resolves when the signal changes next. */
function changeOf(signal: { readonly value: unknown }): Promise<void> {
  return new Promise((resolve) => {
    let first = true;
    const stop = effect(() => {
      if (signal.value !== undefined && !first) queueMicrotask(() => (stop(), resolve()));
      first = false;
    });
  });
}

const news = (step: number) => ({
  run: 'one',
  samples: [{ name: LINE.name, step, at: 0, trainSeconds: 0, value: step }],
});

t.test('what comes while the answer is on its way is added to it, each step once', async (t) => {
  const { answer } = coordinator(t);
  const feed = new Feed([LINE], { points: 100, smoothing: 0 });
  const loaded = feed.load();
  feed.take(news(30));
  feed.take(news(40));
  answer(seriesOf([10, 20, 30]));
  await loaded;
  t.strictSame(feed.pointsOf(LINE)?.step, [10, 20, 30, 40]);
  feed.take({ run: 'two', samples: news(50).samples });
  t.strictSame(feed.pointsOf(LINE)?.step, [10, 20, 30, 40], "another run's");
  feed.stop();
});

t.test('a rewind leaves no step twice, and asks again', async (t) => {
  const { asked, answer } = coordinator(t);
  const feed = new Feed([LINE], { points: 100, smoothing: 0 });
  const loaded = feed.load();
  answer(seriesOf([10, 20, 30]));
  await loaded;
  feed.take({ run: 'one', rewound: 20 });
  feed.take(news(30));
  t.strictSame(feed.pointsOf(LINE)?.step, [10, 20, 30]);
  const changed = changeOf(feed.changes);
  while (asked.length < 2) await new Promise(setImmediate);
  answer(seriesOf([10, 15, 20, 30]));
  await changed;
  t.strictSame(feed.pointsOf(LINE)?.step, [10, 15, 20, 30]);
  feed.stop();
});

t.test('a part is shown more finely, and grows if it reaches beyond the end', async (t) => {
  const { asked, answer } = coordinator(t);
  const feed = new Feed([LINE], { points: 100, smoothing: 0 });
  const loaded = feed.load();
  answer(seriesOf([10, 20, 30], true));
  await loaded;
  const refined = changeOf(feed.refinements);
  feed.refine(() => ({ from: 15, to: 45 }));
  while (asked.length < 2) await new Promise(setImmediate);
  t.match(asked[1], /[?&]from=15&to=45$/);
  feed.take(news(40));
  answer(seriesOf([16, 18, 20, 22, 30]));
  await refined;
  t.strictSame(feed.pointsOf(LINE)?.step, [16, 18, 20, 22, 30, 40], 'with what came meanwhile');
  feed.take(news(45));
  feed.take(news(50));
  t.equal(feed.pointsOf(LINE)?.step.at(-1), 45, 'but not beyond its end');
  t.equal(feed.wholeOf(LINE)?.step.at(-1), 50);
  feed.refine(undefined);
  t.strictSame(feed.pointsOf(LINE)?.step, [10, 20, 30, 40, 45, 50]);
  feed.stop();
});

t.test('what has not been thinned is not asked for again', async (t) => {
  const { asked, answer } = coordinator(t);
  const feed = new Feed([LINE], { points: 100, smoothing: 0 });
  const loaded = feed.load();
  answer(seriesOf([10, 20, 30]));
  await loaded;
  feed.refine(() => ({ from: 15, to: 45 }));
  feed.stop();
  t.equal(asked.length, 1);
});

t.test('what is zoomed into stays as fine as it is when the whole gets too long', async (t) => {
  const { answer } = coordinator(t);
  const feed = new Feed([LINE], { points: 2, smoothing: 0 });
  const loaded = feed.load();
  answer(seriesOf([10, 20, 30]));
  await loaded;
  feed.refine(() => ({ from: 15, to: 25 }));
  for (const step of [40, 50, 60]) feed.take(news(step));
  t.strictSame(feed.pointsOf(LINE)?.step, [10, 20, 30, 40, 50]);
  t.ok((feed.wholeOf(LINE)?.step.length ?? NaN) < 5, 'thinned');
  feed.refine(undefined);
  t.strictSame(feed.pointsOf(LINE), feed.wholeOf(LINE));
  feed.stop();
});
