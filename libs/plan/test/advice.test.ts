import t from 'tap';
import { advise, applyPreset, networkOf, withShards } from '../src/index.js';
import type { Advice, Circumstances, Machine, PartialRunConfig, RunConfig, StageMeasure } from '../src/index.js';

/**
 * By hand, for 100 pairs and one thread: a core of these machines makes ten million multiply-adds a millisecond, as a step of
 * the sample layer has 2 · 500 · 500 · 100. Layer 1 has 2 · 400 · (100 · 784 + 200 · 10), which take 6.432 ms, layer 2 has
 * 2 · 800 · 200 · 400, which take 12.8 ms, and each end has 10 million, which take 1 ms. Their blocks are of 100 units.
 */
const MACHINE: Machine = { name: 'box', cores: 4, millisecondsPerStep: 1.25, slots: 8 };

const configOf = (config: PartialRunConfig = {}): RunConfig => {
  return applyPreset('quick', { layers: [400, 800], batch: 100, threads: 1, ...config });
};

function adviseOn(
  machines: readonly Machine[],
  given: PartialRunConfig = {},
  more: Partial<Circumstances> = {},
): Advice {
  const config = configOf(given);
  return advise(networkOf(config), { machines, threads: config.threads, roundTrip: 0.2, ...more });
}

/** Numbers that differ by what rounding does are the same. */
const rounded = (number: number): number => Number(number.toFixed(6));
const timesOf = (stages: readonly { readonly milliseconds: number }[]): number[] => {
  return stages.map(({ milliseconds }) => rounded(milliseconds));
};

t.test('a batch takes as long as the slowest stage', (t) => {
  const { now } = adviseOn([MACHINE]);
  t.same(timesOf(now.stages), [1, 6.432, 12.8, 1]);
  t.same(timesOf(now.layers), [6.432, 12.8]);
  t.match(now, { shards: [1, 1], threads: 1, bottleneck: { kind: 'stage', name: 'layer-2' } });
  t.same([now.millisecondsPerBatch, now.batchesPerSecond, now.imagesPerSecond].map(rounded), [12.8, 78.125, 7812.5]);
  t.same(
    now.stages.map(({ busy }) => rounded(busy)),
    [0.078125, 0.5025, 1, 0.078125],
  );
  t.end();
});

t.test('… or as the cores of a machine need for all of its stages', (t) => {
  const single: Machine = { ...MACHINE, cores: 1, millisecondsPerStep: 5 };
  const { now, best } = adviseOn([single]);
  t.equal(rounded(now.millisecondsPerBatch), 21.232);
  t.same(now.bottleneck, { kind: 'machine', name: 'box' });
  t.same(best, now);
  t.end();
});

t.test('the slowest layer is cut, and then the one that is slowest then', (t) => {
  const { best } = adviseOn([MACHINE]);
  t.same(best.shards, [1, 3], 'which is a stage for each core');
  t.same(timesOf(best.stages), [1, 6.432, 3.4, 5, 5, 1], 'with 0.2 ms for the exchange');
  t.same(best.bottleneck, { kind: 'stage', name: 'layer-1' });
  const two = adviseOn([MACHINE, { ...MACHINE, name: 'desk' }]);
  t.same(two.best.shards, [2, 4], 'with 4 and 4, it would take 3.4 ms, which is not worth two shards');
  t.equal(rounded(two.best.millisecondsPerBatch), 3.416);
  t.end();
});

t.test('there are no more stages than cores and slots, and no shards that gain nothing', (t) => {
  const shardsOn = (machine: Partial<Machine>, config: PartialRunConfig = {}): readonly number[] => {
    return adviseOn([{ ...MACHINE, ...machine }], config).best.shards;
  };
  t.same(shardsOn({ cores: 2, millisecondsPerStep: 2.5 }), [1, 1]);
  t.same(shardsOn({ cores: 3, millisecondsPerStep: 5 / 3 }), [1, 2]);
  t.same(shardsOn({ slots: 5 }), [1, 2], 'feeder and evaluator have slots, too');
  t.same(shardsOn({ slots: 2 }), [1, 1]);
  t.same(shardsOn({}, { threads: 'auto' }), [1, 1], 'two threads for each layer do the same');
  t.same(shardsOn({}, { shards: [1, 4] }), [1, 3], 'fewer do');
  t.same(
    shardsOn({}, { shards: [4, 4] }),
    [4, 4],
    'no cut for four cores takes as little as the 5.308 ms of all cores',
  );
  t.same(shardsOn({}, { layers: [400, 800, 400], programs: { 'layer-2': 'theirs' } }), [1, 1, 1]);
  t.end();
});

t.test('links carry the numbers of training rows', (t) => {
  const linksWith = (shards: number[]) => {
    return adviseOn([MACHINE], { shards }).now.links.map(({ from, to, carries, bytesPerBatch }) => {
      return [`${from} ${to}`, carries, bytesPerBatch];
    });
  };
  t.same(linksWith([1, 1]), [
    ['feeder layer-1', 'frames', 4 * (100 * 784 + 200 * 10)],
    ['layer-1 layer-2', 'frames', 4 * (200 * 400 + 200)],
    ['layer-2 evaluator', 'frames', 4 * 2 * 200],
  ]);
  t.same(linksWith([2, 1]), [
    ['feeder layer-1/1', 'frames', 321_600],
    ['feeder layer-1/2', 'frames', 321_600],
    ['layer-1/1 layer-2', 'frames', 4 * (200 * 200 + 200)],
    ['layer-1/2 layer-2', 'frames', 4 * 200 * 200],
    ['layer-2 evaluator', 'frames', 1_600],
    ['layer-1/1 layer-1/2', 'sums', 2 * 4 * 200 * 2],
  ]);
  const [feeder] = adviseOn([MACHINE]).now.links;
  t.equal(rounded(feeder?.bytesPerSecond ?? 0), 78.125 * 321_600);
  t.end();
});

t.test('what is measured of a run comes before what is estimated, and other cuts are estimated from it', (t) => {
  const measure = (milliseconds: number, busy: number): StageMeasure => ({
    milliseconds,
    busy,
    processor: milliseconds,
  });
  const placement = { feeder: 'box', 'layer-1': 'box', 'layer-2': 'box', evaluator: 'box' };
  const measures = new Map([
    ['layer-1', measure(3.216, 0.3)],
    ['layer-2', measure(19.2, 0.9)],
  ]);
  const { now, best } = adviseOn([MACHINE], {}, { observed: { placement, threads: 1, measures } });
  t.same(timesOf(now.stages), [1, 3.216, 19.2, 1]);
  t.match(now.stages, [{ measured: false }, { measured: true, busy: 0.3 }, { measured: true, busy: 0.9 }]);
  t.same(best.shards, [1, 3]);
  t.same(timesOf(best.stages), [1, 3.216, 5, 7.4, 7.4, 1]);
  t.ok(best.stages.every(({ measured }) => !measured));

  const halves = { feeder: 'box', 'layer-1': 'box', 'layer-2/1': 'box', 'layer-2/2': 'box', evaluator: 'box' };
  const observed = {
    placement: halves,
    threads: 1,
    measures: new Map([
      ['layer-1', measure(6.432, 0.9)],
      ['layer-2/1', measure(1.8, 0.4)],
      ['layer-2/2', measure(1.8, 0.4)],
    ]),
  };
  const again = adviseOn([MACHINE], { shards: [1, 2] }, { observed });
  t.same(again.best.shards, [2, 1], 'the other layer is the slow one');
  t.same(
    timesOf(again.best.stages),
    [1, 3.416, 3.416, 3.2, 1],
    'whole, layer 2 takes twice what a shard does without the wait',
  );

  const thirds = {
    placement: { ...placement, 'layer-2/1': 'box', 'layer-2/2': 'box', 'layer-2/3': 'box' },
    threads: 1,
    measures: new Map([1, 2, 3].map((place) => [`layer-2/${place}`, measure(5, 0.5)])),
  };
  const crowded = adviseOn(
    [{ ...MACHINE, cores: 2, millisecondsPerStep: 2.5 }],
    { shards: [1, 3] },
    { observed: thirds },
  );
  t.same(crowded.best, crowded.now, 'whole, layer 2 would take 14.4 ms, and now no core takes as long');
  t.throws(() => adviseOn([MACHINE], {}, { observed: { ...observed, placement: {} } }), {
    name: 'RangeError',
    message: 'feeder is on none of the machines',
  });
  t.end();
});

t.test('warnings say what is amiss', (t) => {
  const small = { layers: [200, 200], batch: 2, shards: [1, 2] };
  t.same(adviseOn([MACHINE]).warnings, []);
  t.same(adviseOn([MACHINE], small).warnings, [
    {
      layer: 'layer-2',
      sentence: 'layer-2: its 2 shards save 0.02 ms a batch, and an exchange between them takes 0.20 ms: do not cut it',
    },
  ]);
  t.same(adviseOn([MACHINE], small, { roundTrip: 0.01 }).warnings, []);
  t.match(adviseOn([{ ...MACHINE, slots: 3 }]).warnings, [
    { layer: null, sentence: /^There are 3 free slots for 4 stages: / },
  ]);
  const untimed = adviseOn([{ ...MACHINE, millisecondsPerStep: undefined }]);
  t.match(untimed.warnings, [
    { layer: null, sentence: 'Nobody has timed the engine of box: 3 ms of a core a step are assumed' },
  ]);
  t.same(timesOf(untimed.now.layers), [3.8592, 7.68]);
  t.end();
});

t.test('shards that are left to be settled are those that balance the pipeline', (t) => {
  t.same(withShards(configOf({ shards: 'auto' }), [MACHINE]).shards, [1, 3]);
  t.same(withShards(configOf({ shards: 'auto', singleProcess: true }), [MACHINE]).shards, [1, 2]);
  t.same(withShards(configOf({ shards: [3] }), [MACHINE]).shards, [3]);
  t.equal(withShards(configOf(), [MACHINE]).shards, undefined);
  t.equal(networkOf(configOf({ shards: 'auto' })).shards, undefined, 'none until then');
  t.end();
});
