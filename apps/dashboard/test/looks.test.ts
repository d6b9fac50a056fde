import type { Look, LookList } from '@layerline/api';
import t from 'tap';
import { Client } from '../src/data/client.js';
import { LiveRun } from '../src/data/live-run.js';
import { imageIn, lookLink } from '../src/look/look-link.js';
import {
  divergingColour,
  floatsOf,
  gridFor,
  labelBars,
  rgbOf,
  verdictOf,
  weightPixels,
} from '../src/look/look-numbers.js';
import { Looks } from '../src/look/looks.js';
import { parseRoute } from '../src/routes.js';
import { FakeBrowser } from './support/fake-browser.js';
import { event, head } from './support/run.js';

const PATH = '/api/runs/one/looks';

function lookAt(image: number, id: number): Look {
  return {
    ...{ id, image, step: 4, label: 9, picture: { width: 1, height: 1, pixels: 'AA==' }, layers: [null] },
    weights: { units: 0, width: 1, height: 1, scale: 0, pixels: '' },
  };
}

t.test('what is kept is shown, and what was asked for once it has come', async (t) => {
  const browser = new FakeBrowser();
  browser.install(t);
  const keep = (list: LookList): unknown => browser.answers.set(PATH, list);
  keep({ looks: [{ id: 1, image: 7, step: 4 }], pending: [] });
  browser.answers.set(`${PATH}/1`, lookAt(7, 1));
  browser.answers.set(`${PATH}/2`, lookAt(8, 2));
  const live = new LiveRun('one', new Client(() => undefined));
  live.start();
  const looks = new Looks(live);
  await looks.start();
  t.equal(looks.shown.value?.id, 1, 'the newest that is kept');
  browser.source.send(head('1.0.1'));
  await browser.settled();

  keep({ looks: [{ id: 1, image: 7, step: 4 }], pending: [{ id: 2, image: 8 }] });
  await looks.ask(8);
  t.match(looks.list.value?.pending, [{ image: 8 }]);
  t.equal(looks.shown.value?.id, 1, 'until it has come');
  keep({ looks: [1, 2].map((id) => ({ id, image: 6 + id, step: 4 })), pending: [] });
  browser.source.send(event('1.0.2', { type: 'looked', look: 2, image: 8, step: 4 }));
  browser.runTimers();
  for (let turn = 0; turn < 3; turn++) await browser.settled();
  t.match([looks.shown.value?.image, looks.list.value?.pending], [8, []]);

  browser.answers.set(`${PATH}/3`, lookAt(9, 3));
  keep({ looks: [1, 2, 3].map((id) => ({ id, image: 6 + id, step: 4 })), pending: [] });
  await looks.ask(9);
  t.equal(looks.shown.value?.image, 9, 'one that has come before the list was asked for');

  const failure = 'the disk is full';
  browser.source.send(event('1.0.3', { type: 'looked', look: 4, image: 5, step: 9, failure }));
  browser.runTimers();
  for (let turn = 0; turn < 3; turn++) await browser.settled();
  t.equal(looks.failure.value, 'Test image 5: the disk is full');
  const error = { code: 'ERR_RUN_ENDED', message: 'Run one is not under way here any more' };
  browser.refusals.set(PATH, { status: 409, error });
  await looks.ask(4);
  t.equal(looks.failure.value, error.message);
  looks.stop();
  live.stop();
});

t.test('an image to look at has a link', async (t) => {
  const link = lookLink('a b', 42);
  t.same(parseRoute(link), { page: 'run', run: 'a b', tab: 'layers' });
  t.equal(imageIn(link), 42);
  for (const other of ['#/runs/one/layers', '#/runs/one/layers?image=', '#/x?image=1e3', '#/x?image=-1']) {
    t.equal(imageIn(other), undefined, other);
  }
});

t.test('labels are bars from 0, the true one and the winner marked', async (t) => {
  const bars = labelBars([1, 4, 2, 4], 2);
  t.same(
    bars.map(({ share, isTrue, isWinner }) => [share, isTrue, isWinner]),
    [
      [0.25, false, false],
      [1, false, true],
      [0.5, true, false],
      [1, false, false],
    ],
  );
  t.same(
    labelBars([-4, -1, -3], 1).map(({ share, isWinner }) => [share, isWinner]),
    [
      [0, false],
      [0.75, true],
      [0.25, false],
    ],
    'goodness below 0 from the least',
  );
  t.same(
    labelBars([0, 0], 0).map(({ share }) => share),
    [0, 0],
  );
});

t.test('a layer says what it takes the image for, and by how much', async (t) => {
  t.equal(verdictOf({ goodness: [1, 4, 2] }, 1), 'takes it for a 1, rightly: 2.00 more than as a 2');
  t.equal(verdictOf({ goodness: [-1, -4, -2.5] }, 2), 'takes it for a 0: 1.50 more than as a 2, which it is');
});

t.test('numbers and colours are read', async (t) => {
  const base64 = Buffer.from(Float32Array.of(1.5, 0, -3).buffer).toString('base64');
  t.same([...floatsOf(base64)], [1.5, 0, -3]);
  t.same([...floatsOf('')], []);
  const colours = { negative: rgbOf('#640000'), zero: rgbOf('#ffffff'), positive: rgbOf('#000064') };
  t.same(colours.negative, [100, 0, 0]);
  t.same(rgbOf('tomato'), [128, 128, 128]);
  t.same(divergingColour(128, colours), [255, 255, 255]);
  t.same(divergingColour(255, colours), [0, 0, 100]);
  t.same(divergingColour(1, colours), [100, 0, 0]);
  const pixels = weightPixels({ width: 1, height: 2 }, Uint8Array.of(0, 0, 255, 128), 1, colours);
  t.same([...pixels], [0, 0, 100, 255, 255, 255, 255, 255], 'of the second unit');
});

t.test('a grid has room for all cells, and is about as wide as it should be', async (t) => {
  for (const [cells, ratio] of [
    [64, 4],
    [1000, 3],
    [7, 1],
    [1, 5],
    [3, 100],
  ] as const) {
    const { columns, rows } = gridFor(cells, ratio);
    t.ok(columns * rows >= cells && columns * (rows - 1) < cells, `${cells}: ${columns} × ${rows}`);
  }
  t.same(gridFor(64, 4), { columns: 16, rows: 4 });
});
