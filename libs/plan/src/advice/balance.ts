import { cutUnits, widthOf } from '@layerline/forward-forward';
import { mostShardsOf } from '../layer-shards.js';
import type { Network } from '../plan.js';
import type { Pace } from './pace.js';

/** Gains of less than this share are within the error of any estimate, and not worth a shard. */
const WORTH = 0.01;

/**
 * The shards that make a pipeline fastest, and of those the fewest. Starts with whole layers and cuts the layer of the
 * slowest stage further, again and again: no other cut can make the pipeline faster. Counts in between may gain nothing, as
 * where two layers are equally slow.
 * @param most the stages that layers may make in all
 * @param paceWith how fast the pipeline goes with so many shards of each layer
 * @returns the number of shards of each layer
 */
export function balance(
  network: Network,
  most: number,
  paceWith: (shards: readonly number[]) => Pace,
): readonly number[] {
  let shards: readonly number[] | undefined = network.layers.map(() => 1);
  let best = { shards, milliseconds: Infinity };
  while (shards !== undefined) {
    const pace = paceWith(shards);
    if (!isAsFast(best, pace)) best = { shards, milliseconds: pace.milliseconds };
    shards = cutFurther(network, shards, pace, most);
  }
  const enough = (some: readonly number[]): boolean => isAsFast(paceWith(some), best);
  return best.shards.reduce((kept, count, index) => {
    const fewer = Array.from({ length: count }, (_, less) => kept.with(index, less + 1));
    return fewer.find(enough) ?? kept;
  }, best.shards);
}

/** Whether a pipeline goes as fast as another one, or too little slower to matter. */
export function isAsFast({ milliseconds }: Pick<Pace, 'milliseconds'>, other: Pick<Pace, 'milliseconds'>): boolean {
  return milliseconds * (1 - WORTH) <= other.milliseconds;
}

/** One layer cut further: that of the bottleneck; of a machine, that of its slowest stage that can be. */
function cutFurther(
  network: Network,
  shards: readonly number[],
  { stages, bottleneck: { kind, name } }: Pace,
  most: number,
): readonly number[] | undefined {
  const slow = stages.filter(({ stage, machine }) => (kind === 'stage' ? stage : machine.name) === name);
  for (const { layer } of [...slow].sort((a, b) => b.milliseconds - a.milliseconds)) {
    if (layer === undefined) continue;
    const count = narrower(network, layer, shards[layer] ?? 1);
    if (count === undefined) continue;
    const cut = shards.map((each, index) => (index === layer ? count : each));
    if (cut.reduce((sum, each) => sum + each, 0) <= most) return cut;
  }
  return undefined;
}

/** The next number of shards with which the widest shard of a layer is narrower. */
function narrower(network: Network, index: number, shards: number): number | undefined {
  const units = network.layers[index]?.units ?? 0;
  const widest = (count: number): number => Math.max(...cutUnits(units, count).map(widthOf));
  const [width, most] = [widest(shards), mostShardsOf(network, index)];
  for (let count = shards + 1; count <= most; count++) if (widest(count) < width) return count;
  return undefined;
}
