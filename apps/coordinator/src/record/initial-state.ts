import { rm } from 'node:fs/promises';
import type { RunFolder, SnapshotStore, StoredSnapshot } from '@layerline/checkpoint';

/** All that the stages of a run begin with, where that is no new state: parts of a snapshot, by their names. */
export type InitialState = ReadonlyMap<string, Uint8Array>;

/** What a new run can be given, besides its config and plan. */
export interface NewRun {
  /** That a person gives it; at the end of its id. */
  readonly name?: string | undefined;
  /** That it begins with, where that is no new one. */
  readonly state?: InitialState | undefined;
  /** Folder that holds a folder of snapshots for each run, if they are not kept in the run's own. */
  readonly snapshotRoot?: string | undefined;
}

/** Stores it as a snapshot before the first step. @throws RunFolderError, and nothing is left of the run */
export async function storeInitial(
  record: { readonly folder: RunFolder; readonly snapshots: SnapshotStore; close(): void },
  state: InitialState,
): Promise<StoredSnapshot | undefined> {
  try {
    for (const [part, bytes] of state) await record.snapshots.put(0, part, bytes);
    return await record.snapshots.mark(0, 0);
  } catch (error) {
    record.close();
    await record.snapshots.discard().catch(() => undefined);
    await rm(record.folder.path, { recursive: true, force: true });
    throw error;
  }
}
