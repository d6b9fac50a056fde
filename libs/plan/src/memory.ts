import { inputShapes, layerState } from '@layerline/forward-forward';
import { sizeOf } from '@layerline/ops';
import { ConfigError } from './errors.js';
import { layerName, trainedLayers } from './layers.js';
import { batchShape } from './blocks.js';
import type { Network, Plan } from './plan.js';
import { trainingHead } from './rows.js';

const GIBIBYTE = 2 ** 30;

/**
 * The least memory in which each layer of a plan can compute, in bytes: its weights and biases with the state of their
 * optimizer, a copy of the weights to see an update by and, for the rows of a batch, its input, its activations and, except for
 * the last layer, what it sends on.
 * Engines, processes and data come on top. 0 for a layer that a node's own program stands in for: only that program knows
 * what it needs.
 */
export function leastMemory(plan: Network & Pick<Plan, 'observeEvery'>): number[] {
  const trained = new Set(trainedLayers(plan));
  return plan.layers.map((spec, index) => {
    if (!trained.has(index)) return 0;
    const batch = batchShape(plan, index, trainingHead(plan));
    const shapes = [...layerState(spec).map(({ shape }) => shape), ...inputShapes(spec, batch).values()];
    const kept = shapes.reduce((numbers, shape) => numbers + sizeOf(shape), 0);
    const isLast = index === plan.layers.length - 1;
    const made = batch.rows * spec.units * (isLast ? 1 : 2);
    const copied = plan.observeEvery > 0 ? spec.units * spec.inputs : 0;
    return Float32Array.BYTES_PER_ELEMENT * (kept + made + copied);
  });
}

/**
 * Refuses a plan whose layers do not fit into the memory of all machines together, even if these had nothing else to do.
 * @param memories of the machines, in bytes
 * @throws ConfigError that says how much is needed and how much there is
 */
export function refuseTooLarge(plan: Network & Pick<Plan, 'observeEvery'>, memories: readonly number[]): void {
  const memory = memories.reduce((sum, bytes) => sum + bytes, 0);
  const each = leastMemory(plan);
  const all = each.reduce((sum, bytes) => sum + bytes, 0);
  if (all <= memory) return;
  const largest = each.indexOf(Math.max(...each));
  const share = each.length > 1 ? `, ${gibibytes(each[largest] as number)} of it for ${layerName(largest)}` : '';
  throw new ConfigError(
    `layers: weights, optimizer and a batch take at least ${gibibytes(all)} of memory${share}, and ` +
      `${memories.length === 1 ? 'this machine has' : `the ${memories.length} machines here have`} ${gibibytes(memory)}: take narrower or fewer layers, or put them on more machines with --coordinator`,
  );
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
}
