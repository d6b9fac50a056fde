import { planOf } from '../network-plan.js';
import { describeNetwork, parseNetwork } from '../network.js';
import type { Network } from '../network.js';
import { inTwo, WIDE_WAYS } from '../shards.js';
import type { ShardsResult } from '../shards.js';
import { ratio, spread } from '../statistics.js';
import { layerTraffic } from '../traffic.js';
import { decimalKilobytes, markdownTable, NONE, times, whole, wholeSpread } from './format.js';
import { stagesTable } from './stages-table.js';

/** A deep network whose traffic is shown beside that of the wide layer. */
const DEEP: Network = { ...parseNetwork('784-2000x4'), shards: [4, 4, 4, 4] };

/** What it gains to cut a wide layer, and what it takes on the network. */
export function shardsSection({ work, imagesPerSecond, sameWeights, stages }: ShardsResult): string {
  const { network, recipe, images, batch, data } = work;
  const shards = imagesPerSecond['two shards'];
  const rows = WIDE_WAYS.map((way) => {
    const measured = imagesPerSecond[way];
    return [way, wholeSpread(spread(measured)), way === 'two shards' ? NONE : times(ratio(shards, measured))];
  });
  return [
    '## Shards\n',
    `One wide layer, ${network.name}, ${recipe.optimizer}, ${whole(images)} images of ${data.reference.name}, a thread for each ` +
      'stage: cut in two shards; whole; and two layers of half the width in pipelines of their own at the same time, of ' +
      `which each has so many images a second. ${sameWeights ? 'One shard and two gave the same weights.' : '**The weights differ.**'}\n`,
    markdownTable(['way', 'images/s', 'two shards are × as fast'], rows),
    stagesTable(describeNetwork(inTwo(network)), stages),
    'What a batch takes on the network, in kB, without headers. "Input": frames to all shards of the layer together, ' +
      'which a layer that is not cut gets once. "Sums": what its shards tell each other. Beside it what tensor-parallel ' +
      'backpropagation of the same network on the same images would take between them (`tensorParallelTraffic`): ' +
      'an all-gather of activations forward, a reduce-scatter of the gradients of inputs backward.\n',
    ...[inTwo(network), DEEP].map((cut) => trafficTable(cut, batch)),
  ].join('\n');
}

/** A row for each layer. @param pairs of rows in a batch */
export function trafficTable(network: Network, pairs: number): string {
  const rows = layerTraffic(planOf(network, pairs)).map(({ layer, shards, input, sums, backpropagation }) => {
    const { forward, backward } = backpropagation;
    const cells = [input, sums, forward, backward].map(decimalKilobytes);
    return [layer, `${shards}`, ...cells, sums === 0 ? NONE : whole((forward + backward) / sums)];
  });
  const heading = ['layer', 'shards', 'input', 'sums', 'backpropagation forward', 'backward', '× the sums'];
  return [`${describeNetwork(network)}:\n`, markdownTable(heading, rows)].join('\n');
}
