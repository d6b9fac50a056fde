import { stagesOf } from '@layerline/plan';
import t from 'tap';
import { parseNetwork } from '../src/network.js';
import { balance, loadsOf, spread } from '../src/simulation/balance.js';
import { balancedShapes, predictBalanced } from '../src/simulation/balanced-scenarios.js';
import { pipelineModel } from '../src/simulation/placement.js';
import { SERVICE_TIMES, timesFor } from './service-times.js';

function sums(loads: readonly number[], nodes: number): number[] {
  const places = spread(loads, nodes);
  return Array.from({ length: nodes }, (_, node) => {
    return loads.reduce((sum, load, index) => sum + (places[index] === node ? load : 0), 0);
  }).sort((a, b) => a - b);
}

t.test('loads are dealt out as evenly as moves and exchanges allow', (t) => {
  t.same(sums([5, 4, 3, 2], 2), [7, 7]);
  // The largest first, each to the least loaded, makes 16 and 14: 7 + 5 + 4 and 6 + 5 + 3.
  t.same(sums([7, 6, 5, 5, 4, 3], 2), [15, 15]);
  t.same(sums([1, 1], 3), [0, 1, 1]);
  t.same(spread([], 2), []);
  t.end();
});

t.test('the load of a stage is what it computes and its ends of all links', (t) => {
  const network = { ...parseNetwork('784-300x2'), shards: [1, 2] };
  const stages = stagesOf(network).map(() => 0);
  const placement = { nodes: [], stages, between: { bandwidth: 1, roundTrip: 0 } };
  const model = pipelineModel(network, timesFor(network), { placement, durations: 'drawn' });
  const [feeder, , shard] = loadsOf(model);
  t.equal(feeder, 1 + (model.links[0]?.sending ?? NaN));
  // The means of 0.2, 0.25 and 0.3, of 0.7, 0.7 and 1, and 0.05, of 100 or 200 units in blocks of 100.
  const computed = 0.02 * 100 * (0.25 + 0.8 + 0.05);
  const [[input], [sent, received], [output]] = [
    model.links.filter(({ to }) => to === 2),
    model.exchanges,
    model.links.filter(({ from }) => from === 2),
  ];
  const moved = (input?.receiving ?? 0) + (output?.sending ?? 0) + (sent?.sending ?? 0) + (received?.receiving ?? 0);
  t.ok(Math.abs((shard ?? 0) - computed - moved) < 1e-9, `${shard} for ${computed} + ${moved}`);
  t.end();
});

t.test('cutting the layer that takes longest balances nodes', (t) => {
  // Layers of 16 and 40 ms: two shards of the second are 20 and more.
  const network = parseNetwork('784-2000x2');
  const cuts = [1, 2, 3].map((shards) => ({ ...network, shards: [shards, shards] }));
  const times = { ...timesFor(...cuts), layers: [...SERVICE_TIMES.layers, ...timesFor(...cuts.slice(1)).layers] };
  const [best, ...others] = balance(network, times, { nodes: 3, most: 2 });
  t.same(best?.network.shards, [1, 2]);
  t.equal(others.length, 3);
  t.ok(others.every(({ load }) => load >= (best?.load ?? Infinity)));
  const [uncut] = balance(network, times, { nodes: 3, most: 1 });
  t.equal(uncut?.network.shards, undefined);
  t.ok((uncut?.load ?? 0) > 40);
  t.end();
});

t.test('the prediction of a network that is cut says how fast it is, and what is in the way', (t) => {
  const network = parseNetwork('784-400x2');
  const options = { network, nodes: [2, 3], condition: { bandwidth: 1e10, roundTrip: 0.1 }, mostShards: 2 };
  const times = timesFor(...[1, 2].map((shards) => ({ ...network, shards: [shards, shards] })));
  t.same(
    balancedShapes(options).map(({ inputs, units, of }) => [inputs, units, of]),
    [
      [784, 400, undefined],
      [400, 400, undefined],
      [784, 200, 400],
      [784, 200, 400],
      [400, 200, 400],
      [400, 200, 400],
    ],
  );
  const predictions = predictBalanced(times, options);
  t.same(
    predictions.map(({ nodes, bandwidth, roundTrip }) => [nodes, bandwidth, roundTrip]),
    [
      [2, 1e10, 0.1],
      [3, 1e10, 0.1],
    ],
  );
  for (const { nodes, placement, speedUp, speedUps, withVariation } of predictions) {
    const { uncut, withoutWaiting, withoutFrames } = speedUps;
    t.equal(placement.length, nodes);
    t.ok(speedUp >= uncut - 1e-9, `${speedUp} against ${uncut} uncut`);
    t.ok(withoutFrames >= speedUp && withoutFrames <= nodes, `${withoutFrames} if frames cost nothing`);
    t.ok(withoutWaiting >= speedUp * 0.999 && withoutWaiting <= nodes, `${withoutWaiting} if nobody waited`);
    t.ok(withVariation > 0);
  }
  t.ok((predictions[1]?.speedUp ?? 0) > (predictions[1]?.speedUps.uncut ?? Infinity));
  t.end();
});
