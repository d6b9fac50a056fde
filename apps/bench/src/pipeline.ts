import { PIXELS } from '@layerline/datasets';
import { LAYERLINE_MODES, train } from './contestants/layerline.js';
import type { LayerlineMode, LayerlineResult } from './contestants/layerline.js';
import { InterruptedError } from './errors.js';
import type { Network } from './network.js';
import { measureInTurns } from './rounds.js';
import type { Work } from './work.js';

/** Layerline in its three ways on a network whose layers all take as long, over all repeats. */
export interface PipelineResult {
  readonly network: Network;
  readonly imagesPerSecond: Readonly<Record<LayerlineMode, readonly number[]>>;
  /** Whether all ways gave the very same weights. */
  readonly sameWeights: boolean;
  /** Of the last run as a pipeline, from the feeder to the evaluator. */
  readonly stages: LayerlineResult['stages'];
  /** Peak of the last run in one process with all cores, where it is known. */
  readonly singleProcessBytes: number | undefined;
}

/**
 * Units of a layer behind a wide one that takes as long as a wide first layer. That one multiplies each image once for both
 * of its rows, so it has the arithmetic of half of its pixels, and yet the weights of all of them to update.
 */
const NARROW = 544;

/** A network of so many layers that all take about the same time. */
export function equalLayers(count: number, wide: number): Network {
  const layers = Array.from({ length: count }, (_, index) => (index % 2 === 0 ? wide : NARROW));
  return { name: [PIXELS, ...layers].join('-'), layers };
}

/**
 * Measures each way in turn, again and again.
 * @throws ProgramError
 * @throws InterruptedError where not every way was measured before
 */
export async function measurePipeline(
  work: Work,
  { repeats, say }: { readonly repeats: number; readonly say: (line: string) => void },
): Promise<PipelineResult> {
  const runs = await measureInTurns(LAYERLINE_MODES, {
    repeats,
    run: async (mode) => {
      const result = await train(work, mode);
      say(`${work.network.name}, ${mode}: ${Math.round(result.imagesPerSecond)} images/s`);
      return result;
    },
    failed: (_, error) => {
      throw error;
    },
  });
  if (runs.size < LAYERLINE_MODES.length) throw new InterruptedError();
  const rates = Array.from(runs, ([mode, results]) => [mode, results.map(({ imagesPerSecond }) => imagesPerSecond)]);
  const hashes = [...runs.values()].flatMap((results) => results.map(({ weightsSha256 }) => weightsSha256));
  return {
    network: work.network,
    imagesPerSecond: Object.fromEntries(rates) as PipelineResult['imagesPerSecond'],
    sameWeights: new Set(hashes).size === 1,
    stages: runs.get('pipeline')?.at(-1)?.stages ?? [],
    singleProcessBytes: runs.get('one process')?.at(-1)?.stages[0]?.peakMemoryBytes ?? undefined,
  };
}
