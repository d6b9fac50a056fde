import { join } from 'node:path';
import { readPlainFileSync } from '@layerline/process';
import * as z from 'zod';
import { isSealed, seal, sha256Schema } from './digest.js';
import { CheckpointError } from './errors.js';
import { RUN_FILES } from './run-files.js';

/** A journal is read before each write to the run's folder. A revision that places some thousand stages fits. */
const MOST_BYTES = 256 * 1024;

const lifeShape = {
  /** −1: no coordinator has taken the run yet. */
  incarnation: z.number().int().min(-1),
  /** −1: the coordinator has not started the run's stages yet. */
  generation: z.number().int().min(-1),
};
const sealShape = {
  exact: z.boolean(),
  /** Over all the fields above, in their order. */
  sha256: sha256Schema,
};
const NOT_SEALED = 'its fields are not those of its sha256';
const numerics = z.string().optional();
/** Whether a snapshot of the run has ever been whole. */
const hadSnapshots = z.boolean();
const positive = z.number().int().positive();

/** What a run's plan has become since it was submitted. */
export interface Revision {
  /** Counted from 1. */
  readonly number: number;
  /** How many shards each layer is cut into, ≥ 1, in the order of the pipeline. */
  readonly shards: readonly number[];
  /** Threads of an operation in each layer and shard, ≥ 1. */
  readonly threads: number;
  /** By the names of stages that have been placed by hand, their nodes. */
  readonly placement: Readonly<Record<string, string>>;
}

const revisionSchema = z.strictObject({
  number: positive,
  shards: z.array(positive),
  threads: positive,
  placement: z.record(z.string(), z.string()),
});

const journalSchema = z.union([
  z
    .strictObject({
      format: z.literal('layerline-journal.3'),
      ...lifeShape,
      numerics,
      hadSnapshots,
      /** Undefined: the plan is as it was submitted. */
      revision: revisionSchema.optional(),
      ...sealShape,
    })
    .refine(isSealed, NOT_SEALED),
  // Journals before that know no revisions.
  z
    .strictObject({ format: z.literal('layerline-journal.2'), ...lifeShape, numerics, hadSnapshots, ...sealShape })
    .refine(isSealed, NOT_SEALED),
  // Those before that call the numerics a fingerprint, and say nothing of snapshots.
  z
    .strictObject({ format: z.literal('layerline-journal.1'), ...lifeShape, fingerprint: numerics, ...sealShape })
    .refine(isSealed, NOT_SEALED)
    .transform(({ fingerprint, ...entry }) => ({ ...entry, numerics: fingerprint, hadSnapshots: false })),
]);

/** What a journal says. */
export interface JournalEntry {
  readonly incarnation: number;
  readonly generation: number;
  readonly numerics?: string | undefined;
  readonly hadSnapshots: boolean;
  readonly revision?: Revision | undefined;
  readonly exact: boolean;
}

const UNBORN: JournalEntry = { incarnation: -1, generation: -1, hadSnapshots: false, exact: true };

/** Reads the journal of a run's folder. What has not changed since the last time is not taken apart again. */
export class JournalReader {
  /** A copy, as what was read takes as much memory as any journal may. */
  #last: { readonly bytes: Buffer; readonly entry: JournalEntry } | undefined;

  constructor(readonly folder: string) {}

  /** A run without a journal has had no life yet. @throws CheckpointError when it is damaged */
  read(): JournalEntry {
    const path = join(this.folder, RUN_FILES.journal);
    try {
      const { bytes } = readPlainFileSync(path, MOST_BYTES);
      if (this.#last?.bytes.equals(bytes)) return this.#last.entry;
      const entry = journalSchema.parse(JSON.parse(bytes.toString()));
      this.#last = { bytes: Buffer.from(bytes), entry };
      return entry;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return UNBORN;
      if (code !== undefined) throw new CheckpointError(`Cannot read ${path}: ${message}`, { cause: error });
      throw new CheckpointError(`${path} is damaged: it does not say which life the run is in`, { cause: error });
    }
  }
}

/** The content of a journal's file. @throws CheckpointError when it would be too large to be read again */
export function encodeEntry({
  incarnation,
  generation,
  numerics,
  hadSnapshots,
  revision,
  exact,
}: JournalEntry): string {
  const entry = { incarnation, generation, numerics, hadSnapshots, revision, exact };
  const content = `${JSON.stringify(seal({ format: 'layerline-journal.3', ...entry }))}\n`;
  const bytes = Buffer.byteLength(content);
  if (bytes <= MOST_BYTES) return content;
  throw new CheckpointError(
    `The plan's revision ${revision?.number} makes a journal of ${bytes} bytes, and one has at most ${MOST_BYTES}: place ` +
      'fewer stages by hand',
  );
}

/** A revision with its fields in the order in which they are sealed. @throws CheckpointError for one that cannot be read back */
export function checkRevision(revision: Revision): Revision {
  const parsed = revisionSchema.safeParse(revision);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') || 'all of it';
  throw new CheckpointError(`This is no revision of a plan: ${field} is wrong`, { cause: parsed.error });
}
