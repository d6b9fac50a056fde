import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Json {
  readonly [key: string]: unknown;
}

export function readJson(path: string): Json {
  return JSON.parse(readFileSync(path, 'utf8')) as Json;
}

/** The objects in a file of one JSON object a line; none where there is no file yet. A line under way is left out. */
export function readLines(path: string): Json[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Json);
}

/** The only run in a folder of runs, or undefined as long as there is none. */
export function onlyRun(out: string): string | undefined {
  if (!existsSync(out)) return undefined;
  const runs = readdirSync(out);
  if (runs.length > 1) throw new Error(`${out} has ${runs.length} runs`);
  return runs[0] === undefined ? undefined : join(out, runs[0]);
}

/** The steps of the whole snapshots in a folder of them, the newest first. */
export function snapshotSteps(folder: string): number[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .map(Number)
    .filter(Number.isInteger)
    .sort((a, b) => b - a);
}

/** The files and folders of a run, but for hidden ones. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();
}

/** The process of each stage that a run's log knows of. */
export function loggedStages(folder: string): Map<string, number> {
  const started = readLines(join(folder, 'log.jsonl')).filter(({ msg }) => msg === 'started');
  return new Map(started.map(({ stage, pid }) => [stage as string, pid as number]));
}

/** A layer of a stored model, as bytes. */
export interface StoredLayer {
  readonly weights: Uint8Array;
  readonly biases: Uint8Array;
  readonly shape: readonly number[];
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Reads `model/layer-N.safetensors` by the format's specification, with none of the product's code. */
export function readLayer(folder: string, layer: number): StoredLayer {
  const bytes = readFileSync(join(folder, 'model', `layer-${layer}.safetensors`));
  const start = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<string, Entry>;
  const tensor = (name: string): Entry & { data: Uint8Array } => {
    const entry = header[name];
    if (entry?.dtype !== 'F32') throw new Error(`layer ${layer} has no fp32 tensor ${name}`);
    const [from, to] = entry.data_offsets;
    return { ...entry, data: bytes.subarray(start + from, start + to) };
  };
  const weights = tensor('weights');
  return { weights: weights.data, biases: tensor('biases').data, shape: weights.shape };
}

/** SHA-256 of a stored model as the command documents it: layer by layer, the weights and then the biases. */
export function weightsSha256(folder: string, layers: number): string {
  const hash = createHash('sha256');
  for (let layer = 1; layer <= layers; layer++) {
    const { weights, biases } = readLayer(folder, layer);
    hash.update(weights).update(biases);
  }
  return hash.digest('hex');
}
