import { createHash } from 'node:crypto';
import { join } from 'node:path';
import pLimit from 'p-limit';
import * as z from 'zod';
import { bundleParts, BundleWriter, readManifest, readPart } from './bundle.js';
import type { BundleParts } from './bundle.js';
import { sha256Schema } from './digest.js';
import { CheckpointError } from './errors.js';
import { decodeSafetensors } from './safetensors.js';
import type { NamedTensor } from './safetensors.js';

const manifestSchema = z.strictObject({
  format: z.literal('layerline-model.2'),
  /** In the order of the pipeline. */
  parts: bundleParts,
  weightsSha256: sha256Schema,
});
export type ModelManifest = z.infer<typeof manifestSchema>;

/** A part of a model: what one layer has learned. */
export interface ModelPart {
  readonly name: string;
  readonly tensors: readonly NamedTensor[];
}

/**
 * SHA-256 over all that has been learned, in hexadecimal: part by part in the order of the pipeline, and in each part
 * tensor by tensor in the order of the file, which is `weights` [units, inputs] then `biases` [1, units]; row-major fp32,
 * little-endian.
 */
export function hashWeights(parts: readonly ModelPart[]): string {
  const hash = createHash('sha256');
  for (const { tensors } of parts) {
    for (const { data } of tensors) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/**
 * Writes a model part by part, in any order, and gives it its name only when it is whole and on the disk. After a
 * failure or {@link abandon} nothing is left of it, and nothing more is written.
 */
export class ModelWriter {
  readonly #bundle: BundleWriter;
  /** Until the model is shown or given up: whoever keeps the writer of a run does not keep the weights in memory. */
  readonly #parts = new Map<string, ModelPart>();
  /** Nothing is still being written while the model is shown or removed. */
  readonly #serially = pLimit(1);

  /**
   * @param folder where the model will be, which must not be there yet
   * @param names of all parts, in the order of the pipeline: letters, digits, `.`, `_` and `-`
   * @throws CheckpointError for a name that a file should not have
   */
  constructor(
    folder: string,
    readonly names: readonly string[],
  ) {
    this.#bundle = new BundleWriter(folder, names, '.safetensors');
  }

  /** Whether every part is there. */
  get complete(): boolean {
    return this.#bundle.complete;
  }

  /**
   * Takes a part, in the place of one that has come before under its name. @param bytes a safetensors file
   * @throws CheckpointError when the part is not expected or not readable, RunFolderError when it cannot be written
   */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.names.includes(name)) throw new CheckpointError(`The model has no part named "${name}"`);
    const part = { name, tensors: decodeSafetensors(bytes, name) };
    await this.#serially(async () => {
      await this.#bundle.put(name, bytes);
      this.#parts.set(name, part);
    });
  }

  /**
   * Gives the model its name. @returns its manifest
   * @throws CheckpointError when a part is missing, RunFolderError when it cannot be written
   */
  async commit(): Promise<ModelManifest> {
    const describe = (parts: BundleParts): ModelManifest => {
      const whole = parts.map(({ name }) => this.#parts.get(name) as ModelPart);
      return { format: 'layerline-model.2', parts, weightsSha256: hashWeights(whole) };
    };
    return this.#serially(async () => {
      const manifest = await this.#bundle.commit(describe);
      this.#parts.clear();
      return manifest;
    });
  }

  /** Leaves nothing behind of a model that will not be whole. */
  async abandon(): Promise<void> {
    await this.#serially(async () => {
      this.#parts.clear();
      await this.#bundle.abandon();
    });
  }
}

/**
 * Reads a model and checks every byte of it against its manifest.
 * @throws CheckpointError when there is none, or it is damaged
 */
export async function readModel(folder: string): Promise<{ manifest: ModelManifest; parts: ModelPart[] }> {
  const manifest = await readManifest(folder, manifestSchema, 'model');
  const parts = await Promise.all(
    manifest.parts.map(async (part) => {
      return { name: part.name, tensors: decodeSafetensors(await readPart(folder, part), join(folder, part.file)) };
    }),
  );
  const weightsSha256 = hashWeights(parts);
  if (weightsSha256 !== manifest.weightsSha256) {
    throw new CheckpointError(`${folder} is damaged: its parts are not those of its weightsSha256`);
  }
  return { manifest, parts };
}
