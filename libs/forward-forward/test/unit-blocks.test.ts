import t from 'tap';
import { blocksOf, blockUnits, cutUnits, mostShards, widthOf } from '../src/index.js';

t.test('a layer is cut between blocks, into shards of as many blocks as possible each', (t) => {
  t.strictSame(cutUnits(2000, 1), [{ from: 0, to: 2000 }]);
  t.strictSame(cutUnits(2000, 3), [
    { from: 0, to: 600 },
    { from: 600, to: 1300 },
    { from: 1300, to: 2000 },
  ]);
  t.strictSame(cutUnits(136, 2), [
    { from: 0, to: 68 },
    { from: 68, to: 136 },
  ]);
  t.end();
});

t.test('for every width and count, shards follow each other, end at blocks and are wide enough', (t) => {
  for (let units = 1; units <= 1200; units++) {
    const size = blockUnits(units);
    for (let shards = 1; shards <= mostShards(units); shards++) {
      const ranges = cutUnits(units, shards);
      const isWhole = ranges.every(({ from }, place) => from === (ranges[place - 1]?.to ?? 0));
      const isCutAtBlocks = ranges.every(({ from }) => from % size === 0);
      const isWide = shards === 1 || ranges.every((range) => widthOf(range) >= size);
      if (isWhole && isCutAtBlocks && isWide && ranges.at(-1)?.to === units) continue;
      t.fail(`${units} units in ${shards}: ${JSON.stringify(ranges)}`);
    }
  }
  t.end();
});

t.test('a last block that is not full is no shard of its own', (t) => {
  // Of 128 units each, and one of 7 or of 73.
  t.equal(mostShards(1031), 8);
  t.equal(mostShards(201), 1);
  t.equal(mostShards(2000), 20);
  t.equal(mostShards(136), 2);
  t.equal(mostShards(130), 1);
  t.equal(mostShards(129), 1);
  t.equal(mostShards(20), 1);
  t.end();
});

t.test('the blocks of a shard are those of its layer', (t) => {
  const all = blocksOf(1031);
  t.strictSame(
    cutUnits(1031, 3).flatMap((range) => blocksOf(1031, range)),
    all,
  );
  t.strictSame(all.at(-1), { from: 1024, to: 1031 });
  t.end();
});
