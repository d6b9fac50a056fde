import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { CheckpointError, RunFolderError } from './errors.js';
import { decodeSafetensors } from './safetensors.js';
import type { NamedTensor } from './safetensors.js';

const MANIFEST = 'manifest.json';
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const manifestSchema = z.strictObject({
  format: z.literal('layerline-model.1'),
  /** In the order of the pipeline. */
  parts: z.array(z.strictObject({ name: z.string(), file: z.string(), sha256 })),
  weightsSha256: sha256,
});
export type ModelManifest = z.infer<typeof manifestSchema>;

/** A part of a model: what one layer has learned. */
export interface ModelPart {
  readonly name: string;
  readonly tensors: readonly NamedTensor[];
}

/**
 * SHA-256 over all that has been learned, in hexadecimal: part by part in the order of the pipeline, and in each part
 * tensor by tensor in the order of the file, which is `weights` [inputs, units] then `biases` [1, units]; row-major fp32,
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
 * Writes a model part by part, in any order, and shows it under its name only when it is whole: the parts go into a
 * folder beside it, which is renamed at the end.
 */
export class ModelWriter {
  readonly #folder: string;
  readonly #partial: string;
  readonly #parts = new Map<string, { readonly part: ModelPart; readonly sha256: string }>();

  /** @param folder where the model will be @param names of all parts, in the order of the pipeline */
  constructor(
    folder: string,
    readonly names: readonly string[],
  ) {
    this.#folder = folder;
    this.#partial = join(dirname(folder), `.${basename(folder)}.partial`);
  }

  /** Whether every part is there. */
  get complete(): boolean {
    return this.#parts.size === this.names.length;
  }

  /**
   * Takes a part. @param bytes a safetensors file
   * @throws CheckpointError when the part is not expected or not readable, RunFolderError when it cannot be written
   */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.names.includes(name)) throw new CheckpointError(`The model has no part named "${name}"`);
    const part = { name, tensors: decodeSafetensors(bytes, name) };
    await this.#write(fileOf(name), bytes);
    this.#parts.set(name, { part, sha256: createHash('sha256').update(bytes).digest('hex') });
  }

  /** Shows the model. @returns its manifest @throws RunFolderError */
  async commit(): Promise<ModelManifest> {
    const entries = this.names.map((name) => this.#parts.get(name));
    if (entries.some((entry) => entry === undefined)) throw new CheckpointError('The model is not whole yet');
    const whole = entries as NonNullable<(typeof entries)[number]>[];
    const manifest: ModelManifest = {
      format: 'layerline-model.1',
      parts: whole.map(({ part, sha256 }) => ({ name: part.name, file: fileOf(part.name), sha256 })),
      weightsSha256: hashWeights(whole.map(({ part }) => part)),
    };
    await this.#write(MANIFEST, new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`));
    await rm(this.#folder, { recursive: true, force: true });
    await rename(this.#partial, this.#folder);
    return manifest;
  }

  /** Leaves nothing behind of a model that will not be whole. */
  async abandon(): Promise<void> {
    await rm(this.#partial, { recursive: true, force: true });
  }

  async #write(file: string, bytes: Uint8Array): Promise<void> {
    try {
      await mkdir(this.#partial, { recursive: true });
      const path = join(this.#partial, file);
      await writeFile(path, bytes);
      const handle = await open(path, 'r');
      await handle.sync().finally(() => handle.close());
    } catch (error) {
      await this.abandon();
      throw new RunFolderError(this.#folder, error as NodeJS.ErrnoException);
    }
  }
}

/**
 * Reads a model and checks every byte of it against its manifest.
 * @throws CheckpointError when there is none, or it is damaged
 */
export async function readModel(folder: string): Promise<{ manifest: ModelManifest; parts: ModelPart[] }> {
  const manifest = await readManifest(folder);
  const parts = await Promise.all(
    manifest.parts.map(async ({ name, file, sha256 }) => {
      const path = join(folder, file);
      const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        throw new CheckpointError(`Cannot read ${path}: ${error.message}`, { cause: error });
      });
      const actual = createHash('sha256').update(bytes).digest('hex');
      if (actual !== sha256) throw new CheckpointError(`${path} is damaged: its SHA-256 is ${actual}, not ${sha256}`);
      return { name, tensors: decodeSafetensors(bytes, path) };
    }),
  );
  return { manifest, parts };
}

async function readManifest(folder: string): Promise<ModelManifest> {
  const path = join(folder, MANIFEST);
  try {
    return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const problem = missing ? `There is no model at ${folder}` : `${path} is not the manifest of a model`;
    throw new CheckpointError(problem, { cause: error });
  }
}

function fileOf(part: string): string {
  return `${part}.safetensors`;
}
