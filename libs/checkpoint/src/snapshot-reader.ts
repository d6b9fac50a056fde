import { join } from 'node:path';
import * as z from 'zod';
import { bundleParts, readManifest, readPart } from './bundle.js';
import type { BundleParts } from './bundle.js';
import { allUnits, Cut } from './cut.js';
import type { CutPart } from './cut.js';
import { isSealed, seal, sha256Schema } from './digest.js';
import { CheckpointError } from './errors.js';
import { checkPart } from './part-format.js';
import type { PartFormat } from './part-format.js';
import { checkShapes, recut, shapesOf } from './recut.js';
import type { LayerPart, PartShapes } from './recut.js';
import { checkRange } from './state-part.js';
import type { Content, UnitRange } from './state-part.js';

const count = z.number().int().nonnegative();

const manifestSchema = z
  .strictObject({
    format: z.literal('layerline-snapshot.2'),
    step: count,
    metricsLines: count,
    /** ISO 8601. */
    savedAt: z.string(),
    parts: bundleParts,
    /** Over all the fields above. */
    sha256: sha256Schema,
  })
  .refine(isSealed, 'its fields are not those of its sha256');
type Manifest = z.infer<typeof manifestSchema>;

/** The state of a whole run between two of its batches. */
export interface Snapshot {
  /** Training batches of the whole run before it. */
  readonly step: number;
  /** Lines that metrics.jsonl had at its barrier. */
  readonly metricsLines: number;
}

/** What every snapshot of a run has, whatever parts it is cut into. */
export interface SnapshotContent extends Content {
  /** `safetensors` for what has units. */
  readonly format: PartFormat;
}

/** The manifest of a snapshot that becomes whole now. */
export function manifestOf({ step, metricsLines }: Snapshot, parts: BundleParts): Manifest {
  return seal({ format: 'layerline-snapshot.2', step, metricsLines, savedAt: new Date().toISOString(), parts });
}

/**
 * Makes sure that a part can be read back, and has matrices for its units.
 * @param source named in errors
 * @returns the shapes of its matrices, if it has units
 * @throws CheckpointError
 */
export function checkSnapshotPart(
  bytes: Uint8Array,
  { content, range }: CutPart<SnapshotContent>,
  source: string,
): PartShapes | undefined {
  checkPart(bytes, content.format, source);
  if (content.units === undefined) return undefined;
  const shapes = shapesOf({ range, bytes, source });
  checkShapes([shapes]);
  return shapes;
}

/** Reads whole snapshots of a run. Each may be cut in its own way. */
export class SnapshotReader {
  /** @param folder that has a folder `STEP` for each snapshot */
  constructor(
    readonly folder: string,
    readonly contents: readonly SnapshotContent[],
  ) {}

  folderOf(step: number): string {
    return join(this.folder, String(step));
  }

  /** Checks every byte of a snapshot, and that its parts fit each other. @throws CheckpointError */
  async verify(step: number): Promise<Snapshot> {
    const folder = this.folderOf(step);
    const { manifest, cut } = await this.#open(step);
    const files = filesOf(manifest);
    for (const content of this.contents) {
      const shapes: PartShapes[] = [];
      // One after the other, as only one of them needs to fit into memory.
      for (const part of cut.of(content.name)) {
        const entry = files.get(part.name) as BundleParts[number];
        const checked = checkSnapshotPart(await readPart(folder, entry), part, join(folder, entry.file));
        if (checked !== undefined) shapes.push(checked);
      }
      checkShapes(shapes);
    }
    return { step, metricsLines: manifest.metricsLines };
  }

  /**
   * Reads a content, or some units of a layer, out of the parts that have them, and checks every byte of those.
   * @throws CheckpointError when it is missing or damaged, or does not have these units
   */
  async read(step: number, name: string, range?: UnitRange): Promise<Uint8Array> {
    const content = this.contents.find((content) => content.name === name);
    if (content === undefined) throw new CheckpointError(`A snapshot has no part named "${name}"`);
    const wanted = range ?? allUnits(content);
    if (range !== undefined && content.units === undefined) throw new CheckpointError(`${name} has no units`);
    checkRange(wanted, allUnits(content), name);
    const { manifest, cut } = await this.#open(step);
    const files = filesOf(manifest);
    const parts: LayerPart[] = [];
    for (const part of cut.of(name)) {
      if (part.range.to <= wanted.from || part.range.from >= wanted.to) continue;
      const entry = files.get(part.name) as BundleParts[number];
      const bytes = await readPart(this.folderOf(step), entry);
      parts.push({ range: part.range, bytes, source: join(this.folderOf(step), entry.file) });
    }
    return recut(parts, wanted);
  }

  async #open(step: number): Promise<{ readonly manifest: Manifest; readonly cut: Cut<SnapshotContent> }> {
    const folder = this.folderOf(step);
    const manifest = await readManifest(folder, manifestSchema, 'snapshot');
    if (manifest.step !== step) throw new CheckpointError(`${folder} holds the snapshot of step ${manifest.step}`);
    const names = manifest.parts.map(({ name }) => name);
    return { manifest, cut: new Cut(this.contents, names, `The snapshot at ${folder}`) };
  }
}

function filesOf({ parts }: Manifest): Map<string, BundleParts[number]> {
  return new Map(parts.map((part) => [part.name, part]));
}
