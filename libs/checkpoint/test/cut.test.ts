import t from 'tap';
import { Cut } from '../src/cut.js';
import { parsePartName, partName } from '../src/index.js';
import type { Content } from '../src/index.js';

const CONTENTS: readonly Content[] = [
  { name: 'feeder' },
  { name: 'layer-1', units: 4 },
  { name: 'layer-2', units: 10 },
];

function cut(...names: string[]): Cut {
  return new Cut(CONTENTS, names, 'This');
}

t.test('the name of a part says of which units it is', (t) => {
  const layer = { name: 'layer-2', units: 2000 };
  t.equal(partName(layer), 'layer-2');
  t.equal(partName(layer, { from: 0, to: 2000 }), 'layer-2', 'all units are the whole');
  t.equal(partName(layer, { from: 0, to: 1000 }), 'layer-2.units-0-1000');
  t.equal(partName({ name: 'layer-2' }, { from: 1000, to: 2000 }), 'layer-2.units-1000-2000');
  t.strictSame(parsePartName('layer-2'), { content: 'layer-2', range: undefined });
  t.strictSame(parsePartName('layer-2.units-0-1000'), { content: 'layer-2', range: { from: 0, to: 1000 } });
  t.strictSame(parsePartName('model.v2.units-7-8'), { content: 'model.v2', range: { from: 7, to: 8 } });
  for (const [from, to] of [
    [0, 1],
    [9, 10],
    [999, 100_000],
  ] as const) {
    t.strictSame(parsePartName(partName({ name: 'layer-1' }, { from, to })).range, { from, to });
  }
  t.end();
});

t.test('what looks like the name of a slice and is none is refused', (t) => {
  const ranges = [
    '',
    '0',
    '0-',
    '-1',
    '5-5',
    '6-5',
    '00-5',
    '0-05',
    '1-2-3',
    '0-5 ',
    '0-5\n',
    '+0-5',
    '0-1e3',
    '0.5-2',
  ];
  const names = [...ranges.map((range) => `layer-2.units-${range}`), '.units-0-5', 'layer-2.units-0-5.units-0-5'];
  for (const name of names) {
    t.throws(
      () => parsePartName(name),
      { code: 'ERR_CHECKPOINT', message: /names no part of a layer: one with/ },
      name,
    );
  }
  t.end();
});

t.test('parts that have each unit once make a cut, in whatever order they come', (t) => {
  const slices = ['layer-2.units-8-10', 'layer-2.units-0-3', 'layer-1', 'feeder', 'layer-2.units-3-8'];
  const { parts } = cut(...slices);
  t.strictSame(
    parts.map(({ name, content, range }) => [name, content.name, range.from, range.to]),
    [
      ['feeder', 'feeder', 0, 1],
      ['layer-1', 'layer-1', 0, 4],
      ['layer-2.units-0-3', 'layer-2', 0, 3],
      ['layer-2.units-3-8', 'layer-2', 3, 8],
      ['layer-2.units-8-10', 'layer-2', 8, 10],
    ],
  );
  t.same(
    cut(...slices)
      .of('layer-2')
      .map(({ range }) => range.from),
    [0, 3, 8],
  );
  t.equal(cut(...slices).find('layer-2'), undefined);
  t.equal(cut(...slices).find('layer-2.units-3-8')?.content.units, 10);
  t.end();
});

t.test('gaps, overlaps and parts of something else are named', (t) => {
  const cases: [string[], RegExp][] = [
    [[], /^This lacks feeder$/],
    [['feeder', 'layer-2'], /^This lacks layer-1$/],
    [['layer-1.units-0-3'], /^This lacks unit 3 of layer-1$/],
    [['layer-1.units-2-4'], /^This lacks units 0 to 1 of layer-1$/],
    [['layer-1.units-0-1', 'layer-1.units-3-4'], /^This lacks units 1 to 2 of layer-1$/],
    [['layer-1', 'layer-1'], /^This has layer-1 twice$/],
    [['layer-1', 'layer-1.units-2-4'], /^This has units 2 to 3 of layer-1 twice$/],
    [['layer-1.units-0-3', 'layer-1.units-2-4'], /^This has unit 2 of layer-1 twice$/],
    [['layer-1.units-0-4', 'layer-1.units-1-2'], /^This has unit 1 of layer-1 twice$/],
    [['layer-1.units-0-5'], /^This has a part "layer-1\.units-0-5" that does not belong there$/],
    [['layer-1', 'layer-3'], /^This has a part "layer-3" that does not belong there$/],
    [['layer-1', 'feeder.units-0-1'], /^This has a part "feeder\.units-0-1" that does not belong there$/],
    [['layer-1', '__proto__'], /^This has a part "__proto__" that does not belong there$/],
    [['layer-1.units-4-0'], /names no part of a layer/],
  ];
  for (const [names, message] of cases) {
    const others = names.length === 0 || names.includes('layer-2') ? [] : ['feeder', 'layer-2'];
    t.throws(() => cut(...others, ...names), { name: 'CheckpointError', code: 'ERR_CHECKPOINT', message }, `${names}`);
  }
  t.throws(() => cut('feeder', 'feeder', 'layer-1', 'layer-2'), { message: /^This has feeder twice$/ });
  t.end();
});
