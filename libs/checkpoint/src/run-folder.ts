import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { findProcess, processSchema, thisProcess } from '@layerline/process';
import type { FoundProcess } from '@layerline/process';
import * as z from 'zod';
import { isSealed, seal } from './digest.js';
import { asRunFolderError, CheckpointError } from './errors.js';
import { checkFolder, makeFolder, readJson, removeFolders, replaceFile, syncFolder } from './files.js';
import { RUN_FILES } from './run-files.js';

const stateSchema = z.object({
  state: z.enum(['running', 'completed', 'stopped', 'failed']),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  /** Meaningful while the state is `running`. */
  ...processSchema.shape,
  /** Why the run failed. */
  failure: z.string().optional(),
  /** The code of that error. */
  failureCode: z.string().optional(),
  /** Why it was stopped, where somebody has said so. */
  stopReason: z.string().optional(),
  /** The JSON object that the command ends with. */
  result: z.record(z.string(), z.unknown()).optional(),
});
export type RunState = z.infer<typeof stateSchema>;

/** A run as found on disk. */
export interface RunSummary {
  readonly id: string;
  readonly folder: string;
  /** `died`: it says that it is running, but its process is gone. `damaged`: its `state.json` cannot be read. */
  readonly state: RunState['state'] | 'died' | 'damaged';
  /** Undefined where it is damaged. */
  readonly startedAt: string | undefined;
  /** The process that is at work on it. */
  readonly writer: FoundProcess | undefined;
  /** Why it failed, or what is damaged. */
  readonly failure: string | undefined;
  readonly failureCode: string | undefined;
  /** Why it was stopped, where somebody has said so. */
  readonly stopReason: string | undefined;
  readonly endedAt: string | undefined;
  readonly result: Readonly<Record<string, unknown>> | undefined;
}

/** The folder that a run leaves, with its {@link RUN_FILES}. */
export class RunFolder {
  private constructor(
    readonly path: string,
    readonly id: string,
    readonly startedAt: string,
  ) {}

  /**
   * Makes the folder `root/id`, which must not be there yet. @param config the resolved config, for `config.json`: sealed,
   * so that {@link readRunConfig} finds it changed
   * @throws RunFolderError, leaving nothing behind
   */
  static async create(root: string, id: string, config: object): Promise<RunFolder> {
    const path = join(root, id);
    const folder = new RunFolder(path, id, new Date().toISOString());
    let made: string[] = [];
    try {
      made = await makeFolder(path);
      await folder.#write(RUN_FILES.config, seal(config));
      await folder.resume();
      await syncFolder(dirname(path));
      return folder;
    } catch (error) {
      if (made.length > 0) await rm(path, { recursive: true, force: true }).catch(() => undefined);
      await removeFolders(made.slice(0, -1));
      throw asRunFolderError(path, error);
    }
  }

  /**
   * The folder of a run that is there already.
   * @param path which may be a link of the user's
   * @throws CheckpointError when it is not that of a run, UnsafePathError when it is another user's
   */
  static async open(path: string): Promise<RunFolder> {
    const { startedAt } = await readRunState(path);
    const folder = (await lstat(resolve(path))).isSymbolicLink() ? await realpath(path) : path;
    await checkFolder(folder);
    return new RunFolder(folder, basename(resolve(folder)), startedAt);
  }

  /** Notes that this process goes on with the run. @throws RunFolderError */
  async resume(): Promise<void> {
    await this.#write(RUN_FILES.state, { state: 'running', startedAt: this.startedAt, ...thisProcess() });
  }

  /** Where snapshots are kept that have no other place. */
  get snapshots(): string {
    return join(this.path, RUN_FILES.snapshots);
  }

  /** What was seen of test images that somebody looked at. */
  get looks(): string {
    return join(this.path, RUN_FILES.looks);
  }

  get model(): string {
    return join(this.path, RUN_FILES.model);
  }

  get metrics(): string {
    return join(this.path, RUN_FILES.metrics);
  }

  /** What became of the run: states, notices, snapshots, rewinds. */
  get history(): string {
    return join(this.path, RUN_FILES.history);
  }

  get log(): string {
    return join(this.path, RUN_FILES.log);
  }

  /** Notes how the run has ended. @throws RunFolderError */
  async end(outcome: Pick<RunState, 'state' | 'failure' | 'failureCode' | 'stopReason' | 'result'>): Promise<void> {
    const { startedAt } = this;
    await this.#write(RUN_FILES.state, { ...outcome, startedAt, endedAt: new Date().toISOString(), ...thisProcess() });
  }

  async #write(file: string, content: object): Promise<void> {
    try {
      await replaceFile(join(this.path, file), `${JSON.stringify(content, undefined, 2)}\n`);
    } catch (error) {
      throw asRunFolderError(this.path, error);
    }
  }
}

/**
 * The runs below a folder, the newest first, those that are damaged among them. A folder that is missing has none, and
 * whatever is not a run is passed over.
 * @throws CheckpointError when the folder cannot be read
 */
export async function listRuns(root: string): Promise<RunSummary[]> {
  const names = await readdir(root).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new CheckpointError(`Cannot read the folder of runs ${root}: ${message}`, { cause: error });
  });
  const runs = await Promise.all(names.map((id) => summarizeRun(root, id)));
  // An id begins with the time, too, unless somebody has renamed the folder.
  const key = ({ startedAt, id }: RunSummary): string => `${startedAt ?? id} ${id}`;
  return runs.filter((run) => run !== undefined).sort((a, b) => (key(a) < key(b) ? 1 : -1));
}

/**
 * Reads a run's `config.json`. One that was written before there were seals has none.
 * @throws CheckpointError when the folder is not that of a run, or the file has been changed since
 */
export async function readRunConfig(folder: string): Promise<unknown> {
  const path = join(folder, RUN_FILES.config);
  const content = await readJson(path).catch((error: unknown) => {
    throw new CheckpointError(`${folder} is not the folder of a run: it has no readable config.json`, { cause: error });
  });
  if (typeof content !== 'object' || content === null || !('sha256' in content)) return content;
  if (!isSealed(content)) {
    throw new CheckpointError(
      `${path} has been changed since the run began: bring it back as it was, or begin a new run with these settings`,
    );
  }
  const { sha256: _, ...config } = content;
  return config;
}

/** Reads a run's `state.json`. @throws CheckpointError when the folder is not that of a run, or the file is damaged */
export async function readRunState(folder: string): Promise<RunState> {
  const path = join(folder, RUN_FILES.state);
  const content = await readJson(path).catch((cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new CheckpointError(`${folder} is not the folder of a run: it has no ${RUN_FILES.state}`, { cause });
    }
    const problem = code === undefined ? `${path} is damaged: it is not JSON` : `Cannot read ${path}: ${message}`;
    throw new CheckpointError(problem, { cause });
  });
  const parsed = stateSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') || 'all of it';
  throw new CheckpointError(`${path} is damaged, or from another version: ${field} is wrong`);
}

/** The process that is at work on a run, or undefined where there is none. @throws CheckpointError as above */
export async function writerOf(folder: string): Promise<FoundProcess | undefined> {
  return writerIn(await readRunState(folder));
}

/** A run as found in the folder `root/id`; undefined where there is none. @param id any text: it leads nowhere else */
export async function summarizeRun(root: string, id: string): Promise<RunSummary | undefined> {
  if (basename(id) !== id || ['', '.', '..'].includes(id)) return undefined;
  const folder = join(root, id);
  try {
    const noted = await readRunState(folder);
    const { startedAt, endedAt, failure, failureCode, stopReason, result } = noted;
    const writer = writerIn(noted);
    const state = noted.state === 'running' && writer === undefined ? 'died' : noted.state;
    return { id, folder, state, startedAt, endedAt, writer, failure, failureCode, stopReason, result };
  } catch (error) {
    const names = await readdir(folder).catch((): string[] => []);
    if (!names.includes(RUN_FILES.state) && !names.includes(RUN_FILES.journal)) return undefined;
    const unknown = { startedAt: undefined, endedAt: undefined, writer: undefined, result: undefined };
    const why = { failure: (error as Error).message, failureCode: undefined, stopReason: undefined };
    return { id, folder, state: 'damaged', ...unknown, ...why };
  }
}

function writerIn(state: RunState): FoundProcess | undefined {
  return state.state === 'running' ? findProcess(state) : undefined;
}
