import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { CheckpointError, RunFolderError } from './errors.js';
import { syncFolder, writeThrough } from './files.js';

const MANIFEST = 'manifest.json';
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Safe in the name of a file everywhere: it can neither leave its folder nor hide in it. */
const PLAIN_NAME = /^[a-z0-9][a-z0-9._-]*$/i;
const plainName = z.string().regex(PLAIN_NAME);

/** How a manifest lists the parts of its bundle, in their order. */
export const bundleParts = z.array(z.strictObject({ name: plainName, file: plainName, sha256 }));
export type BundleParts = z.infer<typeof bundleParts>;

/**
 * Writes a folder of named parts with a manifest, part by part in any order, and shows it under its name only when it is
 * whole and on the disk: the parts go into a hidden folder beside it, which is renamed at the end. After a failure or
 * {@link abandon} nothing is written any more, and nothing is left.
 */
export class BundleWriter {
  readonly #partial: string;
  readonly #digests = new Map<string, string>();
  #failure: Error | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param folder where the bundle will be, which must not be there yet
   * @param names of all parts, in their order: letters, digits, `.`, `_` and `-`
   * @param extension of the parts' files, with its dot
   * @throws CheckpointError for a name that a file should not have
   */
  constructor(
    readonly folder: string,
    readonly names: readonly string[],
    readonly extension: string,
  ) {
    const unfit = names.find((name) => !PLAIN_NAME.test(name));
    if (unfit !== undefined) throw new CheckpointError(`A part cannot be named "${unfit}"`);
    this.#partial = partialOf(folder);
  }

  /** Whether every part is there. */
  get complete(): boolean {
    return this.#digests.size === this.names.length;
  }

  /**
   * Takes a part, in the place of an earlier one of its name.
   * @throws CheckpointError when the part is not expected, RunFolderError when it cannot be written
   */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.names.includes(name)) throw new CheckpointError(`There is no part named "${name}" here`);
    await this.#inTurn(() => this.#write(this.#fileOf(name), bytes));
    this.#digests.set(name, createHash('sha256').update(bytes).digest('hex'));
  }

  /**
   * Shows the bundle. @param describe makes the manifest out of the list of parts
   * @throws CheckpointError when a part is missing, RunFolderError when it cannot be written
   */
  async commit<Manifest extends object>(describe: (parts: BundleParts) => Manifest): Promise<Manifest> {
    const missing = this.names.find((name) => !this.#digests.has(name));
    if (missing !== undefined) throw new CheckpointError(`${this.folder} is not whole yet: ${missing} is missing`);
    const manifest = describe(
      this.names.map((name) => ({ name, file: this.#fileOf(name), sha256: this.#digests.get(name) as string })),
    );
    await this.#inTurn(async () => {
      await this.#write(MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`);
      await this.#guard(async () => {
        await syncFolder(this.#partial);
        await rename(this.#partial, this.folder);
        await syncFolder(dirname(this.folder));
      });
    });
    return manifest;
  }

  /** Leaves nothing behind of a bundle that will not be whole. */
  async abandon(): Promise<void> {
    this.#failure ??= new CheckpointError(`${this.folder} was given up`);
    await this.#inTurn(() => rm(this.#partial, { recursive: true, force: true }));
  }

  #fileOf(part: string): string {
    return `${part}${this.extension}`;
  }

  /** One piece of work at a time: nothing is still being written while the bundle is shown or removed. */
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
      this.#failure = new RunFolderError(this.folder, error as NodeJS.ErrnoException);
      await rm(this.#partial, { recursive: true, force: true }).catch(() => undefined);
      throw this.#failure;
    }
  }
}

/**
 * Reads the manifest of a bundle.
 * @param what is in the folder, for messages, such as `model`
 * @throws CheckpointError when there is none, or it is damaged
 */
export async function readManifest<Manifest>(
  folder: string,
  schema: z.ZodType<Manifest>,
  what: string,
): Promise<Manifest> {
  const path = join(folder, MANIFEST);
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const problem = missing ? `There is no ${what} at ${folder}` : `${path} is not the manifest of a ${what}`;
    throw new CheckpointError(problem, { cause: error });
  }
}

/** Reads a part and checks every byte of it. @throws CheckpointError when it is missing or damaged */
export async function readPart(folder: string, { file, sha256 }: BundleParts[number]): Promise<Buffer> {
  const path = join(folder, file);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new CheckpointError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  });
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256) throw new CheckpointError(`${path} is damaged: its SHA-256 is ${actual}, not ${sha256}`);
  return bytes;
}

/** Where a bundle is written before it is whole. */
function partialOf(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.partial`);
}
