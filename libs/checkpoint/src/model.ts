import { createHash } from 'node:crypto';
import { join } from 'node:path';
import pLimit from 'p-limit';
import * as z from 'zod';
import { bundleParts, BundleWriter, readManifest, readPart } from './bundle.js';
import { allUnits, Cut } from './cut.js';
import { sha256Schema } from './digest.js';
import { CheckpointError } from './errors.js';
import { checkShapes, recut, shapesOf } from './recut.js';
import { decodeSafetensors, layOut } from './safetensors.js';
import type { NamedTensor } from './safetensors.js';
import type { Content } from './state-part.js';

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
 * failure or {@link abandon} nothing is left of it, and nothing more is written. Layers may come cut; the model is the same,
 * with one file for each layer.
 */
export class ModelWriter {
  readonly #bundle: BundleWriter;
  /**
   * What has come of the present cut, by the names of parts. Until the model is shown or given up: whoever keeps the writer of
   * a run does not keep the weights in memory.
   */
  readonly #parts = new Map<string, Uint8Array>();
  /** Nothing is still being written while the model is shown or removed. */
  readonly #serially = pLimit(1);
  #cut: Cut;

  /**
   * @param folder where the model will be, which must not be there yet
   * @param layers in the order of the pipeline, each of which is one part until {@link cutInto}
   * @throws CheckpointError for a name that a file should not have
   */
  constructor(
    readonly folder: string,
    readonly layers: readonly Content[],
  ) {
    const names = layers.map(({ name }) => name);
    this.#bundle = new BundleWriter(folder, names, '.safetensors');
    this.#cut = new Cut(layers, names, 'The model');
  }

  /** Whether every part is there. */
  get complete(): boolean {
    return this.#missing() === undefined;
  }

  /**
   * From now on, layers come in these parts. What has come so far counts no more.
   * @param names of the parts, in any order
   * @throws CheckpointError when they do not hold every unit of each layer once
   */
  async cutInto(names: readonly string[]): Promise<void> {
    this.#cut = new Cut(this.layers, names, 'The cut of the model');
    await this.#serially(() => this.#parts.clear());
  }

  /**
   * Takes a part, in the place of one that has come before under its name.
   * @param bytes a safetensors file, which must stay as it is until the model is shown or given up
   * @throws CheckpointError when the part is not expected or not readable, or has matrices for other units; RunFolderError
   * when it cannot be written
   */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    const part = this.#cut.find(name);
    if (part === undefined) throw new CheckpointError(`The model has no part named "${name}"`);
    const { content, range } = part;
    const shapes = shapesOf({ range, bytes, source: name });
    if (content.units !== undefined) checkShapes([shapes]);
    const isWhole = this.#cut.of(content.name).length === 1;
    await this.#serially(async () => {
      this.#bundle.checkOpen();
      if (isWhole) await this.#writing(this.#bundle.put(content.name, bytes));
      this.#parts.set(name, bytes);
    });
  }

  /**
   * Puts layers that have come cut together, and gives the model its name. @returns its manifest
   * @throws CheckpointError when a part is missing, or those of a layer do not fit each other; RunFolderError when it cannot
   * be written
   */
  async commit(): Promise<ModelManifest> {
    return this.#serially(async () => {
      this.#bundle.checkOpen();
      const missing = this.#missing();
      if (missing !== undefined) throw new CheckpointError(`${this.folder} is not whole yet: ${missing} is missing`);
      const hash = createHash('sha256');
      for (const layer of this.layers) {
        const bytes = this.#whole(layer);
        if (this.#cut.of(layer.name).length > 1) await this.#writing(this.#bundle.put(layer.name, bytes));
        for (const { data } of layOut(bytes, layer.name)) hash.update(data);
      }
      const weightsSha256 = hash.digest('hex');
      const manifest = await this.#writing(
        this.#bundle.commit((parts): ModelManifest => ({ format: 'layerline-model.2', parts, weightsSha256 })),
      );
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

  /** The first part that has not come yet. */
  #missing(): string | undefined {
    return this.#cut.parts.find(({ name }) => !this.#parts.has(name))?.name;
  }

  /** All of a layer whose parts have come. */
  #whole(layer: Content): Uint8Array {
    const parts = this.#cut.of(layer.name).map(({ name, range }) => {
      return { range, bytes: this.#parts.get(name) as Uint8Array, source: name };
    });
    return recut(parts, allUnits(layer));
  }

  /** Forgets what has come when something cannot be written, since nothing more is then. */
  async #writing<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#parts.clear();
      throw error;
    }
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
