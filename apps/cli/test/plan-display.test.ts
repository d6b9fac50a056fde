import { advise, applyPreset, networkOf } from '@layerline/plan';
import type { Circumstances, PartialRunConfig } from '@layerline/plan';
import t from 'tap';
import { describeAdvice } from '../src/display/advice.js';
import type { Advised } from '../src/display/advice.js';

/** A core makes ten million multiply-adds a millisecond; the times below are those of the tests of `advise`. */
const BOX = { name: 'box', cores: 4, millisecondsPerStep: 1.25, slots: 8 };

function advised(config: PartialRunConfig, more: Partial<Circumstances> = {}, run?: string): Advised {
  const network = networkOf(applyPreset('quick', { layers: [400, 800], batch: 100, threads: 1, ...config }));
  const advice = advise(network, { machines: [BOX], threads: 1, roundTrip: 0.2, ...more });
  return { ...(run !== undefined && { run }), network, machines: [BOX], advice };
}

const textOf = (...lines: string[]): string => lines.map((line) => `${line}\n`).join('');

t.test('advice for a new run', (t) => {
  t.equal(
    describeAdvice(advised({})),
    textOf(
      '400-800 in batches of 100, 1 thread for each layer or shard, on box (4 cores, 1.3 ms/step)',
      '',
      'stage      node  units  ms/batch  busy   shards  best',
      'feeder     box          1.00      8 %',
      'layer-1    box   400    6.43      50 %   1       1',
      'layer-2    box   800    12.80     100 %  1       3',
      'evaluator  box          1.00      8 %',
      '',
      '78.1 batches/s, 7,810 images/s. The bottleneck is layer-2, which takes 12.80 ms a batch',
      'With 1,3 shards, it would be 1.99 times as fast: 155 batches/s, 15,500 images/s. The bottleneck is layer-1, which takes 6.43 ms a batch',
      'To have that: --shards 1,3',
      '',
      'link                 carries  kB/batch  MB/s',
      'feeder → layer-1     frames   322       25.1',
      'layer-1 → layer-2    frames   321       25.1',
      'layer-2 → evaluator  frames   1.6       0.125',
    ),
  );
  t.end();
});

t.test('… and for one under way, which says what is measured and how to change it', (t) => {
  const placement = { feeder: 'box', 'layer-1': 'box', 'layer-2': 'box', evaluator: 'box' };
  const measures = new Map([['layer-2', { milliseconds: 19.2, processor: 19.2, busy: 0.97 }]]);
  const lines = describeAdvice(advised({}, { observed: { placement, threads: 1, measures } }, 'r')).split('\n');
  t.same(lines.slice(0, 11), [
    'Run r: 400-800 in batches of 100, 1 thread for each layer or shard, on box (4 cores, 1.3 ms/step)',
    '',
    'stage      node  units  ms/batch  busy             shards  best',
    'feeder     box          1.00      5 %   estimated',
    'layer-1    box   400    6.43      34 %  estimated  1       1',
    'layer-2    box   800    19.20     97 %  measured   1       3',
    'evaluator  box          1.00      5 %   estimated',
    '',
    '52.1 batches/s, 5,210 images/s. The bottleneck is layer-2, which takes 19.20 ms a batch',
    'With 1,3 shards, it would be 2.59 times as fast: 135 batches/s, 13,500 images/s. The bottleneck is layer-2/2, which takes 7.40 ms a batch',
    'To have that: layerline scale r layer-2 --shards 3',
  ]);
  t.end();
});

t.test('a cut that gains nothing is told, and warnings come last', (t) => {
  const cut = describeAdvice(advised({ shards: [1, 3] }));
  t.match(cut, /The bottleneck is layer-1, which takes 6\.43 ms a batch\nNo other cut makes it faster\n\nlink /);
  t.match(cut, 'layer-2/1 ↔ layer-2/2  sums');
  t.match(
    describeAdvice(advised({ shards: [1, 4] })),
    /\nWith 1,3 shards, it would be as fast with 6 stages in place of 7\nTo have that: --shards 1,3\n/,
  );
  t.match(
    describeAdvice(advised({ layers: [200, 200], batch: 2, shards: [1, 2] })),
    /\n\nWarning: layer-2: its 2 shards save 0\.02 ms a batch, [^\n]*\n$/,
  );
  const one = { ...BOX, cores: 1, millisecondsPerStep: undefined };
  t.match(
    describeAdvice({ ...advised({}, { machines: [one] }), machines: [one] }),
    /on box \(1 core\)\n[^]*The bottleneck is the cores of box, which take 12\.74 ms a batch for all of its stages\n/,
  );
  t.end();
});
