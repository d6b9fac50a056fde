import { train } from './contestants/layerline.js';
import type { LayerlineResult } from './contestants/layerline.js';
import { InterruptedError } from './errors.js';
import { describeNetwork } from './network.js';
import type { Network } from './network.js';
import { measureInTurns } from './rounds.js';
import type { Work } from './work.js';

/**
 * The ways to train one wide layer: cut in two, whole, and, as what two shards could at most be, two layers of half the width
 * in pipelines of their own at the same time, which have nothing to do with each other.
 */
export const WIDE_WAYS = ['two shards', 'one shard', 'two unconnected halves'] as const;
export type WideWay = (typeof WIDE_WAYS)[number];

/** Networks that are cut, over all repeats. Plain JSON. */
export interface ShardsResult {
  /** Its network is the wide layer, whole. */
  readonly work: Work;
  /** By repeat. Of the halves it is the mean: each image goes through both. */
  readonly imagesPerSecond: Readonly<Record<WideWay, readonly number[]>>;
  /** Whether one shard and two gave the very same weights. */
  readonly sameWeights: boolean;
  /** Of the last run with two shards, from the feeder to the evaluator. */
  readonly stages: LayerlineResult['stages'];
  /** Other networks, for the simulation to be held against. */
  readonly others: readonly { readonly network: Network; readonly imagesPerSecond: readonly number[] }[];
}

export interface ShardsOptions {
  readonly repeats: number;
  /** Other networks to train, which are cut. */
  readonly others: readonly Network[];
  readonly say: (line: string) => void;
}

/** Two stages that compute at a time have two cores, however many there are. */
const SETTINGS = { threads: 1 } as const;

/**
 * Trains a wide layer in each way in turn, again and again; then other networks that are cut, in turns as well.
 * @param work whose network is one layer of an even width
 * @throws ProgramError
 * @throws InterruptedError where not all was measured before
 */
export async function measureShards(work: Work, { repeats, others, say }: ShardsOptions): Promise<ShardsResult> {
  const failed = (_: unknown, error: Error): never => {
    throw error;
  };
  const runs = await measureInTurns(WIDE_WAYS, {
    repeats,
    run: async (way) => {
      const results = await trainWide(way, work);
      say(`${work.network.name}, ${way}: ${Math.round(meanRate(results))} images/s`);
      return results;
    },
    failed,
  });
  const cut = await measureInTurns(others, {
    repeats,
    run: async (network) => {
      const { imagesPerSecond } = await train({ ...work, network }, 'pipeline', SETTINGS);
      say(`${describeNetwork(network)}: ${Math.round(imagesPerSecond)} images/s`);
      return imagesPerSecond;
    },
    failed,
  });
  if (runs.size < WIDE_WAYS.length || cut.size < others.length) throw new InterruptedError();
  const of = (way: WideWay): readonly (readonly LayerlineResult[])[] => runs.get(way) ?? [];
  const whole = [...of('two shards'), ...of('one shard')].flat();
  return {
    work,
    imagesPerSecond: {
      'two shards': of('two shards').map(meanRate),
      'one shard': of('one shard').map(meanRate),
      'two unconnected halves': of('two unconnected halves').map(meanRate),
    },
    sameWeights: new Set(whole.map(({ weightsSha256 }) => weightsSha256)).size === 1,
    stages: of('two shards').at(-1)?.[0]?.stages ?? [],
    others: Array.from(cut, ([network, imagesPerSecond]) => ({ network, imagesPerSecond })),
  };
}

async function trainWide(way: WideWay, work: Work): Promise<LayerlineResult[]> {
  const { network } = work;
  switch (way) {
    case 'two shards':
      return [await train({ ...work, network: inTwo(network) }, 'pipeline', SETTINGS)];
    case 'one shard':
      return [await train(work, 'pipeline', SETTINGS)];
    case 'two unconnected halves': {
      const half = { ...work, network: { ...network, layers: network.layers.map((units) => units / 2) } };
      return Promise.all([half, half].map((each) => train(each, 'pipeline', SETTINGS)));
    }
  }
}

/** A network with each layer in two shards. */
export function inTwo(network: Network): Network {
  return { ...network, shards: network.layers.map(() => 2) };
}

function meanRate(results: readonly LayerlineResult[]): number {
  return results.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0) / results.length;
}
