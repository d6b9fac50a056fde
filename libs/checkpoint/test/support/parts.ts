import { encodeSafetensors } from '../../src/index.js';
import type { SnapshotContent } from '../../src/index.js';

/** What the stages of a small pipeline put into a snapshot. */
export const PARTS: readonly SnapshotContent[] = [
  { name: 'feeder', format: 'json' },
  { name: 'layer-1', format: 'safetensors' },
  { name: 'evaluator', format: 'json' },
];
export const NAMES = PARTS.map(({ name }) => name);

/** Bytes that a stage could put there, others at each step. */
export function bytesOf(step: number, name: string): Buffer {
  return name.startsWith('layer') ? weights(step, 2) : Buffer.from(JSON.stringify({ step, name }));
}

export function weights(step: number, columns: number): Buffer {
  const data = new Float32Array(columns).fill(step);
  return Buffer.from(encodeSafetensors([{ name: 'weights', shape: [1, columns], data }]));
}
