import type { UnitRange } from '@layerline/forward-forward';
import { trainingBytes, trainingSumsBytes } from '../blocks.js';
import type { Network } from '../plan.js';
import { linksOf, peerLinksOf, stagesOf } from '../topology.js';

/** What a link carries in training. */
export interface LinkTraffic {
  readonly from: string;
  readonly to: string;
  /** `frames` go from one to the other; `sums` go both ways between shards of a layer, and are added up. */
  readonly carries: 'frames' | 'sums';
  readonly bytesPerBatch: number;
  readonly bytesPerSecond: number;
}

/**
 * What the links of a network carry, by the numbers in the frames of training batches: without headers (some hundred bytes a
 * frame), evaluations, observations and snapshots.
 */
export function trafficOf(network: Network, batchesPerSecond: number): LinkTraffic[] {
  const stages = new Map(stagesOf(network).map((stage) => [stage.stage, stage]));
  const traffic = (from: string, to: string, carries: LinkTraffic['carries'], bytesPerBatch: number): LinkTraffic => {
    return { from, to, carries, bytesPerBatch, bytesPerSecond: bytesPerBatch * batchesPerSecond };
  };
  const frames = linksOf(network).map(({ from, to }) => {
    const { layer, range } = stages.get(from) ?? {};
    return traffic(from, to, 'frames', trainingBytes(network, layer === undefined ? 0 : layer + 1, range));
  });
  const sums = peerLinksOf(network).map(({ from, to }) => {
    const bytes = [from, to].reduce((sum, end) => {
      const { layer = 0, range } = stages.get(end) ?? {};
      return sum + trainingSumsBytes(network, layer, range as UnitRange);
    }, 0);
    return traffic(from, to, 'sums', bytes);
  });
  return [...frames, ...sums];
}
