import t from 'tap';
import { mostShardsOf, settleShards, shardsOf } from '../src/layer-shards.js';
import type { Cut } from '../src/layer-shards.js';

const LAYERS = [272, 200, 130, 544, 64];
const CUTS: readonly Cut[] = [
  { layers: LAYERS },
  { layers: LAYERS, programs: { 'layer-3': 'reservoir' } },
  { layers: LAYERS, programs: { 'layer-1': 'reservoir' } },
];

t.test('a layer can be cut into as many shards as it has full blocks, away from foreign programs', async (t) => {
  t.same(
    CUTS.map((cut) => LAYERS.map((_, index) => mostShardsOf(cut, index))),
    [
      [4, 2, 1, 8, 1],
      [4, 1, 1, 1, 1],
      [1, 1, 1, 8, 1],
    ],
  );
});

t.test('that many are taken, and one more is refused', async (t) => {
  for (const cut of CUTS) {
    for (const index of LAYERS.keys()) {
      const most = mostShardsOf(cut, index);
      const cutInto = (count: number): Cut => ({
        ...cut,
        shards: LAYERS.map((_, each) => (each === index ? count : 1)),
      });
      t.doesNotThrow(() => settleShards(cutInto(most)));
      t.equal(shardsOf(cutInto(most), index).length, most);
      t.throws(() => settleShards(cutInto(most + 1)), { code: 'ERR_CONFIG' }, `layer ${index + 1}`);
    }
  }
});
