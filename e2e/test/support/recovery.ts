import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { wrongWith } from '../../chaos/verdict.js';
import type { Reference } from '../../chaos/verdict.js';
import { start } from './layerline.js';
import type { Command, Options, TrainResult } from './layerline.js';
import { until, within } from './processes.js';
import { loggedStages, onlyRun, snapshotSteps } from './run-folder.js';

/** A few seconds, and some ten snapshots. */
export const TRAINING = [
  ...['--dataset', 'digits', '--layers', '64,64', '--epochs', '4', '--eval-every', '2', '--snapshot-every', '80'],
];
/** Where the machine is busy with other tests. */
export const SOON_MS = 240_000;

/** A training that something happens to. */
export interface Run {
  readonly command: Command;
  readonly folder: string;
}

/** Starts the training, and waits until its folder is there. */
export async function begin(t: Test, args: readonly string[] = [], options: Options = {}): Promise<Run> {
  const cwd = t.testdir();
  const command = start(t, ['train', ...TRAINING, '--out', 'runs', '--json', ...args], { cwd, ...options });
  return { command, folder: await until('the run folder', () => onlyRun(join(cwd, 'runs'))) };
}

/** Waits until a snapshot is there that was not there before. */
export async function nextSnapshot({ folder }: Pick<Run, 'folder'>): Promise<void> {
  const before = newestSnapshot(folder);
  await until('a snapshot', () => newestSnapshot(folder) > before);
}

/** The step of the newest snapshot, or 0 where there is none. */
export function newestSnapshot(folder: string): number {
  return snapshotSteps(join(folder, 'snapshots'))[0] ?? 0;
}

/** The process of a stage, as of its newest life. */
export function pidOf({ folder }: Run, stage: string): Promise<number> {
  return until(stage, () => loggedStages(folder).get(stage));
}

/** What the command ends with. @throws where it fails, or takes longer than {@link SOON_MS} */
export async function resultOf({ command }: Run): Promise<TrainResult> {
  const { code, stdout, stderr } = await within('the end', SOON_MS, command.ended);
  if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as TrainResult;
}

/** Asserts that a run has ended as the one to which nothing happened, and has left no snapshot. */
export function endedAsIfNothingHad(
  t: Test,
  folder: string,
  { weightsSha256 }: TrainResult,
  reference: Reference,
): void {
  t.equal(wrongWith(folder, weightsSha256, reference), undefined, 'the same weights and metrics');
  t.notOk(existsSync(join(folder, 'snapshots')), 'no snapshot is left');
}
