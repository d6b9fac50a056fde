import t from 'tap';
import { layOut } from '../src/pipeline/layout.js';

const nodes = (count: number, node = 'ada'): string[] => Array.from({ length: count }, () => node);

t.test('one row where there is room', async (t) => {
  const { boxes, links, groups } = layOut(['ada', 'ada', 'box', 'box', 'ada'], 1360);
  t.equal(new Set(boxes.map(({ y }) => y)).size, 1);
  t.same(
    links.map(({ direction }) => direction),
    ['across', 'across', 'across', 'across'],
  );
  t.same(
    groups.map(({ node }) => node),
    ['ada', 'box', 'ada'],
  );
});

t.test('nothing leaves the figure or overlaps, at any width and length', async (t) => {
  for (const width of [300, 362, 700, 1100, 1440]) {
    for (const count of [3, 5, 9, 66]) {
      const { boxes, groups, height } = layOut(nodes(count), width);
      t.equal(boxes.length, count);
      for (const { x, y, width: w, height: h } of [...boxes, ...groups]) {
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
  const { boxes, links, groups } = layOut(['ada', 'ada', 'box'], 330);
  t.same(new Set(boxes.map(({ x }) => x)).size, 1);
  t.same(
    links.map(({ direction }) => direction),
    ['down', 'down'],
  );
  t.same(
    groups.map(({ node }) => node),
    ['ada', 'box'],
  );
  const [first, second] = groups;
  t.ok(first !== undefined && second !== undefined && first.y + first.height <= second.y);
});

t.test('rows of about equal length where one does not fit', async (t) => {
  const { boxes, links } = layOut(nodes(10), 1100);
  const rows = new Map<number, number>();
  for (const { y } of boxes) rows.set(y, (rows.get(y) ?? 0) + 1);
  t.same([...rows.values()], [4, 4, 2]);
  t.same(
    links.flatMap(({ direction }, place) => (direction === 'wrap' ? [place] : [])),
    [3, 7],
  );
});
