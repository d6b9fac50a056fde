import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readPlainFile } from '@layerline/process';
import * as z from 'zod';
import { sha256Of, sha256Schema } from './digest.js';
import { asRunFolderError, CheckpointError } from './errors.js';
import { ensureFolder, readJson, removeTree, syncFolder, writeThrough } from './files.js';

const MANIFEST = 'manifest.json';
/** Room for 64 layers of 1024 parts each. */
const MOST_MANIFEST_BYTES = 16 * 1024 * 1024;
/** Safe in the name of a file everywhere: it can neither leave its folder nor hide in it. */
const PLAIN_NAME = /^[a-z0-9][a-z0-9._-]*$/i;
const plainName = z.string().regex(PLAIN_NAME);

/** How a manifest lists the parts of its bundle, in their order. */
export const bundleParts = z.array(z.strictObject({ name: plainName, file: plainName, sha256: sha256Schema }));
export type BundleParts = z.infer<typeof bundleParts>;

/**
 * Writes a bundle: a folder of named parts and a manifest with the digest of each. The parts come in any order and go into
 * a hidden folder beside it, `.NAME.partial`, which is renamed when all is whole and on the disk. After a failure or
 * {@link abandon} nothing is left of it, and nothing more is written. One call must end before the next is made.
 */
export class BundleWriter {
  readonly #partial: string;
  readonly #parts = new Map<string, BundleParts[number]>();
  /** Why nothing more is written. */
  #ended: Error | undefined;

  /**
   * @param folder where the bundle will be, which must not be there yet
   * @param names of all parts, in order: letters, digits, `.`, `_` and `-`
   * @param extension of the parts' files, with its dot
   * @throws CheckpointError for a name that a file should not have
   */
  constructor(
    readonly folder: string,
    readonly names: readonly string[],
    readonly extension: string,
  ) {
    const unfit = names.find((name) => !PLAIN_NAME.test(name) || `${name}${extension}` === MANIFEST);
    if (unfit !== undefined) throw new CheckpointError(`A part cannot be named "${unfit}"`);
    this.#partial = join(dirname(folder), `.${basename(folder)}.partial`);
  }

  /** Whether every part is there. */
  get complete(): boolean {
    return this.#parts.size === this.names.length;
  }

  /**
   * Takes a part, in the place of one that has come before under its name.
   * @throws CheckpointError when the part is not expected, RunFolderError when it cannot be written, UnsafePathError when
   * it would be written elsewhere
   */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.names.includes(name)) throw new CheckpointError(`${this.folder} has no part named "${name}"`);
    const file = `${name}${this.extension}`;
    await this.#write(async () => {
      await ensureFolder(dirname(this.folder));
      await ensureFolder(this.#partial);
      await writeThrough(join(this.#partial, file), bytes);
      this.#parts.set(name, { name, file, sha256: sha256Of(bytes) });
    });
  }

  /**
   * Gives the bundle its name. @param describe makes the manifest out of the list of parts @returns the manifest
   * @throws CheckpointError when a part is missing, RunFolderError when it cannot be written
   */
  async commit<Manifest extends object>(describe: (parts: BundleParts) => Manifest): Promise<Manifest> {
    this.checkOpen();
    const missing = this.names.find((name) => !this.#parts.has(name));
    if (missing !== undefined) throw new CheckpointError(`${this.folder} is not whole yet: ${missing} is missing`);
    const manifest = describe(this.names.map((name) => this.#parts.get(name) as BundleParts[number]));
    await this.#write(async () => {
      await writeThrough(join(this.#partial, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
      await syncFolder(this.#partial);
      await rename(this.#partial, this.folder);
      await syncFolder(dirname(this.folder));
      this.#ended = new CheckpointError(`${this.folder} is complete already`);
    });
    return manifest;
  }

  /** Leaves nothing behind of a bundle that will not be whole. */
  async abandon(): Promise<void> {
    this.#ended ??= new CheckpointError(`${this.folder} was given up`);
    await removeTree(this.#partial);
  }

  /** @throws Error that says why nothing more is written, if that is so */
  checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** Leaves nothing behind when the work fails. */
  async #write(work: () => Promise<void>): Promise<void> {
    this.checkOpen();
    try {
      await work();
    } catch (error) {
      this.#ended = asRunFolderError(this.folder, error);
      this.#parts.clear();
      await removeTree(this.#partial).catch(() => undefined);
      throw this.#ended;
    }
  }
}

/**
 * Reads the manifest of a bundle.
 * @param what is in the folder, for messages, such as `model`
 * @throws CheckpointError when there is none, or it does not fit the schema
 */
export async function readManifest<Manifest>(
  folder: string,
  schema: z.ZodType<Manifest>,
  what: string,
): Promise<Manifest> {
  const path = join(folder, MANIFEST);
  try {
    return schema.parse(await readJson(path, MOST_MANIFEST_BYTES));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const problem = missing ? `There is no ${what} at ${folder}` : `${path} is not the manifest of a ${what}`;
    throw new CheckpointError(problem, { cause: error });
  }
}

/**
 * Reads a part of a bundle and checks every byte of it.
 * @throws CheckpointError when it is missing or damaged
 */
export async function readPart(folder: string, { file, sha256 }: BundleParts[number]): Promise<Uint8Array> {
  const path = join(folder, file);
  const bytes = await readPlainFile(path, Number.MAX_SAFE_INTEGER).catch((error: unknown) => {
    throw new CheckpointError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  });
  const actual = sha256Of(bytes);
  if (actual !== sha256) throw new CheckpointError(`${path} is damaged: its SHA-256 is ${actual}, not ${sha256}`);
  return bytes;
}
