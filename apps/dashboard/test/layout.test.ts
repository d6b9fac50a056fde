import t from 'tap';
import { layOut } from '../src/pipeline/layout.js';
import type { Box, Part } from '../src/pipeline/layout.js';

/** Uncut stages on these nodes. */
const on = (...nodes: readonly string[]): Part[] => nodes.map((node) => ({ node, shards: 1 }));
const many = (count: number): Part[] => on(...Array.from({ length: count }, () => 'ada'));

const inRange = ({ y, height }: Box, at: number): boolean => y < at && at < y + height;

t.test('one row where there is room', async (t) => {
  const { boxes, links, frames } = layOut(on('ada', 'ada', 'box', 'box', 'ada'), 1360);
  t.equal(new Set(boxes.map(({ y }) => y)).size, 1);
  t.same(
    links.map(({ direction }) => direction),
    ['across', 'across', 'across', 'across'],
  );
  t.same(
    frames.map(({ node }) => node),
    ['ada', 'box', 'ada'],
  );
});

t.test('nothing leaves the figure or overlaps, at any width and length', async (t) => {
  for (const width of [300, 362, 700, 1100, 1440]) {
    for (const count of [3, 5, 9, 66]) {
      const { boxes, frames, height } = layOut(many(count), width);
      t.equal(boxes.length, count);
      for (const { x, y, width: w, height: h } of [...boxes, ...frames]) {
        if (x < 0 || y < 0 || x + w > width || y + h > height) t.fail(`${x},${y} of ${count} stages at ${width}`);
      }
      for (const [place, box] of boxes.entries()) {
        const next = boxes[place + 1];
        if (next === undefined) continue;
        if (next.y === box.y) t.ok(next.x >= box.x + box.width + 60);
        else t.ok(next.y >= box.y + box.height + 30);
      }
    }
  }
});

t.test('a column on a phone, with the node named once', async (t) => {
  const { boxes, links, frames } = layOut(on('ada', 'ada', 'box'), 330);
  t.same(new Set(boxes.map(({ x }) => x)).size, 1);
  t.same(
    links.map(({ direction }) => direction),
    ['down', 'down'],
  );
  t.same(
    frames.map(({ node }) => node),
    ['ada', 'box'],
  );
  const [first, second] = frames;
  t.ok(first !== undefined && second !== undefined && first.y + first.height <= second.y);
});

t.test('rows of about equal length where one does not fit', async (t) => {
  const { boxes, links } = layOut(many(10), 1100);
  const rows = new Map<number, number>();
  for (const { y } of boxes) rows.set(y, (rows.get(y) ?? 0) + 1);
  t.same([...rows.values()], [4, 4, 2]);
  t.same(
    links.flatMap(({ direction }, place) => (direction === 'wrap' ? [place] : [])),
    [3, 7],
  );
});

t.test('shards make a box taller, and everything keeps clear of it', async (t) => {
  const parts = [...on('ada'), { node: 'ada, box', shards: 8 }, ...on('box', 'box'), { node: 'box', shards: 2 }];
  for (const width of [330, 700, 1440]) {
    const { boxes, links, frames, height } = layOut([...parts, ...on('ada')], width);
    const [feeder, tall] = boxes as [Box, Box];
    t.ok(tall.height > 2 * feeder.height, 'room for eight');
    for (const { x, y, width: w, height: h } of [...boxes, ...frames]) {
      t.ok(x >= 0 && x + w <= width && y + h <= height, `${x},${y} at ${width}`);
    }
    for (const [place, { direction, y }] of links.entries()) {
      const [from, to] = boxes.slice(place) as [Box, Box];
      if (direction === 'across') t.ok(inRange(from, y) && inRange(to, y), 'a link across leaves and enters a box');
      else
        t.notOk(
          boxes.some((box) => inRange(box, y)),
          `a link ${direction} is written where no box is`,
        );
    }
  }
});

t.test('no room is kept for shards where there are no figures', async (t) => {
  const { boxes } = layOut([...on('ada'), { node: 'ada', shards: 8 }], 1440, true);
  t.same(new Set(boxes.map(({ height }) => height)).size, 1);
});
