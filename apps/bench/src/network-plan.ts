import { DIGITS_SEED, knownSummary } from '@layerline/datasets';
import { applyPreset, makePlan } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Network } from './network.js';

const DATASET = { name: 'digits', seed: DIGITS_SEED } as const;
/** More than any part of the benchmark looks at. */
const EPOCHS = 1000;

/**
 * The plan of a run that trains a network, for what is worked out from plans: stages, links and the blocks of frames.
 * @param pairs of rows in a batch
 * @throws ConfigError where a layer is too narrow for its shards
 */
export function planOf({ layers, shards }: Pick<Network, 'layers' | 'shards'>, pairs: number): Plan {
  const settings = { batch: pairs, epochs: EPOCHS, layers: [...layers], ...(shards && { shards: [...shards] }) };
  return makePlan(applyPreset('mlp-3x1000', settings), {
    dataset: DATASET,
    summary: knownSummary(DATASET.name),
    engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
  });
}
