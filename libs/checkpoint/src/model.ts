import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { CheckpointError, RunFolderError } from './errors.js';
import { syncFolder, writeThrough } from './files.js';
import { decodeSafetensors } from './safetensors.js';
import type { NamedTensor } from './safetensors.js';

const MANIFEST = 'manifest.json';
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Safe in the name of a file everywhere: it can neither leave its folder nor hide in it. */
const PLAIN_NAME = /^[a-z0-9][a-z0-9._-]*$/i;
const plainName = z.string().regex(PLAIN_NAME);

const manifestSchema = z.strictObject({
  format: z.literal('layerline-model.1'),
  /** In the order of the pipeline. */
  parts: z.array(z.strictObject({ name: plainName, file: plainName, sha256 })),
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
 * Writes a model part by part, in any order, and shows it under its name only when it is whole and on the disk: the parts
 * go into a folder beside it, which is renamed at the end. After a failure or {@link abandon} nothing is written any more.
 */
export class ModelWriter {
  readonly #folder: string;
  readonly #partial: string;
  readonly #parts = new Map<string, { readonly part: ModelPart; readonly sha256: string }>();
  #failure: Error | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param folder where the model will be, which must not be there yet
   * @param names of all parts, in the order of the pipeline: letters, digits, `.`, `_` and `-`
   * @throws CheckpointError for a name that a file should not have
   */
  constructor(
    folder: string,
    readonly names: readonly string[],
  ) {
    const unfit = names.find((name) => !PLAIN_NAME.test(name));
    if (unfit !== undefined) throw new CheckpointError(`A part of a model cannot be named "${unfit}"`);
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
    await this.#inTurn(() => this.#write(fileOf(name), bytes));
    this.#parts.set(name, { part, sha256: createHash('sha256').update(bytes).digest('hex') });
  }

  /**
   * Shows the model. @returns its manifest
   * @throws CheckpointError when a part is missing, RunFolderError when it cannot be written
   */
  async commit(): Promise<ModelManifest> {
    const entries = this.names.map((name) => this.#parts.get(name));
    if (entries.some((entry) => entry === undefined)) throw new CheckpointError('The model is not whole yet');
    const whole = entries as NonNullable<(typeof entries)[number]>[];
    const manifest: ModelManifest = {
      format: 'layerline-model.1',
      parts: whole.map(({ part, sha256 }) => ({ name: part.name, file: fileOf(part.name), sha256 })),
      weightsSha256: hashWeights(whole.map(({ part }) => part)),
    };
    await this.#inTurn(async () => {
      await this.#write(MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`);
      await this.#guard(async () => {
        await syncFolder(this.#partial);
        await rename(this.#partial, this.#folder);
        await syncFolder(dirname(this.#folder));
      });
    });
    return manifest;
  }

  /** Leaves nothing behind of a model that will not be whole. */
  async abandon(): Promise<void> {
    this.#failure ??= new CheckpointError('The model was given up');
    await this.#inTurn(() => rm(this.#partial, { recursive: true, force: true }));
  }

  /** One piece of work at a time: nothing is still being written while the model is shown or removed. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #write(file: string, content: string | Uint8Array): Promise<void> {
    return this.#guard(async () => {
      await mkdir(this.#partial, { recursive: true });
      await writeThrough(join(this.#partial, file), content);
    });
  }

  /** Leaves nothing behind when the work fails. */
  async #guard(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await work();
    } catch (error) {
      this.#failure = new RunFolderError(this.#folder, error as NodeJS.ErrnoException);
      await rm(this.#partial, { recursive: true, force: true }).catch(() => undefined);
      throw this.#failure;
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
      const bytes = await readFile(path).catch((error: unknown) => {
        throw new CheckpointError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
      });
      const actual = createHash('sha256').update(bytes).digest('hex');
      if (actual !== sha256) throw new CheckpointError(`${path} is damaged: its SHA-256 is ${actual}, not ${sha256}`);
      return { name, tensors: decodeSafetensors(bytes, path) };
    }),
  );
  const weightsSha256 = hashWeights(parts);
  if (weightsSha256 !== manifest.weightsSha256) {
    throw new CheckpointError(`${folder} is damaged: its parts are not those of its weightsSha256`);
  }
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
