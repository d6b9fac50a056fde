import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layerName } from '@layerline/plan';
import { dump } from 'npyjs';
import { whole } from '../display/format.js';
import { printLine } from '../display/print-line.js';
import { openNetwork, setOf } from '../trained-network.js';
import type { NetworkArguments, TrainedNetwork } from '../trained-network.js';

export interface ActivationsArguments extends NetworkArguments {
  /** From 1; undefined for all. */
  readonly layer: number | undefined;
  readonly set: 'train' | 'validation' | 'test';
  /** Rows of the set, the last one excluded; undefined for all. */
  readonly rows: { readonly from: number; readonly to: number } | undefined;
  readonly format: 'npy' | 'csv';
  /** Folder that gets the files. */
  readonly to: string;
}

const ROWS_AT_ONCE = 200;

/** `layerline activations RUN`: what layers make of rows, each under its own label. @returns the exit code */
export async function activations(given: ActivationsArguments): Promise<number> {
  const network = await openNetwork(given, true);
  try {
    await writeActivations(network, given);
  } finally {
    await network.engine.close();
  }
  return 0;
}

async function writeActivations({ plan, dataset, scorer }: TrainedNetwork, given: ActivationsArguments): Promise<void> {
  const set = setOf(dataset, given.set);
  const from = given.rows?.from ?? 0;
  const to = Math.min(given.rows?.to ?? set.count, set.count);
  const chosen = plan.layers.map((_, index) => index).filter((index) => (given.layer ?? index + 1) === index + 1);
  const count = Math.max(0, to - from);
  const found = chosen.map((index) => ({
    name: layerName(index),
    units: plan.layers[index]?.units ?? 0,
    goodness: new Float32Array(count),
    normalized: new Float32Array(count * (plan.layers[index]?.units ?? 0)),
  }));
  for (let first = from; first < to; first += ROWS_AT_ONCE) {
    const layers = await scorer.activations(set, first, Math.min(first + ROWS_AT_ONCE, to));
    for (const [place, index] of chosen.entries()) {
      const layer = layers[index];
      const into = found[place];
      if (layer === undefined || into === undefined) continue;
      into.goodness.set(layer.goodness, first - from);
      into.normalized.set(layer.normalized, (first - from) * into.units);
    }
  }
  await mkdir(given.to, { recursive: true });
  for (const { name, units, goodness, normalized } of found) {
    await write(join(given.to, `${name}-activations`), normalized, [count, units], given.format);
    await write(join(given.to, `${name}-goodness`), goodness, [count, 1], given.format);
  }
  const labels = Float32Array.from(set.labels.subarray(from, to));
  await write(join(given.to, 'labels'), labels, [count, 1], given.format);
  printLine(`${found.map(({ name }) => name).join(', ')}: ${whole(count)} rows of the ${given.set} set in ${given.to}`);
}

async function write(
  path: string,
  data: Float32Array,
  [rows, columns]: readonly [number, number],
  format: ActivationsArguments['format'],
): Promise<void> {
  if (format === 'npy') return writeFile(`${path}.npy`, new Uint8Array(dump(data, [rows, columns])));
  const lines = Array.from({ length: rows }, (_, row) =>
    [...data.subarray(row * columns, (row + 1) * columns)].join(','),
  );
  return writeFile(`${path}.csv`, `${lines.join('\n')}\n`);
}
