import { RunRecord } from '@layerline/coordinator';
import type { Coordinator, TrainResult } from '@layerline/coordinator';
import type { Programs } from '@layerline/layer-node';
import { numericsOf } from '@layerline/pipeline';
import { resolveConfig } from '../config-sources.js';
import { openDisplay } from '../display/display.js';
import type { Display } from '../display/display.js';
import { DownloadDisplay } from '../display/download-display.js';
import { summary } from '../display/summary.js';
import { Interruption } from '../interruption.js';
import { checkPrograms, readPrograms } from '../program-options.js';
import { openCoordinator, trainAsPipeline } from '../training/pipeline-training.js';
import { prepare, prepareAgain } from '../training/preparation.js';
import type { Preparation } from '../training/preparation.js';
import { trainInOneProcess } from '../training/single-process-training.js';
import type { Training } from '../training/training.js';
import { VERSION } from '../version.js';

/** What the command line gives `layerline train`, beside the options that are part of the config. */
export interface TrainArguments {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly configFile: string | undefined;
  /** A run to go on with: its folder, or its id. */
  readonly resume: string | undefined;
  /** Whether to go on with it also where a process still seems to be at work on it. */
  readonly takeOver: boolean;
  /** Of this machine's own, as the user wrote them. */
  readonly programs: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
}

type Say = (line: string) => void;

/** `layerline train`. @returns the exit code */
export async function train(given: TrainArguments): Promise<number> {
  const { json, quiet } = given;
  // With --json, standard output is for the one object; people read the rest on standard error.
  const stream = json ? process.stderr : process.stdout;
  const say: Say = quiet ? () => undefined : (line) => void stream.write(`${line}\n`);
  const programs = readPrograms(given.programs);
  const interruption = new Interruption();
  try {
    const preparation = await (given.resume === undefined
      ? prepareNew(given, say, stream, interruption)
      : prepareAgain(given.resume, given.takeOver, given.options, say));
    interruption.signal.throwIfAborted();
    const display = openDisplay(stream, preparation.plan, quiet);
    const result = await run(preparation, programs, display, interruption).finally(() => display.close());
    if (!quiet) for (const line of summary(result)) stream.write(`${line}\n`);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return interruption.exitCode ?? 0;
  } finally {
    interruption.close();
  }
}

async function prepareNew(
  { options, configFile, quiet }: TrainArguments,
  say: Say,
  stream: NodeJS.WriteStream,
  interruption: Interruption,
): Promise<Preparation> {
  const { config, preset } = resolveConfig({
    options,
    file: configFile,
    environment: process.env,
    workingDirectory: process.cwd(),
  });
  say(`Training ${config.layers.join('-')} with preset ${preset}, seed ${config.seed}`);
  const download = new DownloadDisplay(stream);
  return prepare(config, {
    say,
    progress: (progress) => quiet || download.progress(progress),
    signal: interruption.signal,
  }).finally(() => download.close());
}

/** Trains what is prepared. The port is taken before anything is written: where it cannot be had, nothing is left. */
async function run(
  preparation: Preparation,
  programs: Programs,
  display: Display,
  interruption: Interruption,
): Promise<TrainResult> {
  const { config, plan, engine } = preparation;
  let coordinator: Coordinator | undefined;
  try {
    checkPrograms(plan.programs, programs);
    if (!config.singleProcess) coordinator = await openCoordinator(config.port, config.out);
    const record = await openRecord(preparation);
    return await runRecorded(record, preparation, coordinator, programs, display, interruption);
  } finally {
    coordinator?.close();
    await engine.close();
  }
}

function openRecord({ config, plan, again }: Preparation): Promise<RunRecord> {
  const { snapshotDir } = config;
  if (again !== undefined) {
    return RunRecord.resume(again.folder, plan, { snapshotRoot: snapshotDir, takeOver: again.takeOver });
  }
  return RunRecord.create(config.out, { layerline: VERSION, config, plan }, snapshotDir);
}

/** @param coordinator none for training in this process */
async function runRecorded(
  record: RunRecord,
  { config, plan, engine, again }: Preparation,
  coordinator: Coordinator | undefined,
  programs: Programs,
  display: Display,
  interruption: Interruption,
): Promise<TrainResult> {
  const numerics = numericsOf(engine, plan)
    // A pipeline's stages have engines of their own, and better use for this one's memory.
    .finally(() => coordinator && engine.close())
    .then((found) => record.settleNumerics(found, config.allowDifferentNumbers));
  // Met where it is needed.
  numerics.catch(() => undefined);
  let training: Training | undefined;
  try {
    // The stages of a new pipeline start meanwhile; in one process the training needs this engine.
    if (coordinator === undefined || again !== undefined) await numerics;
    training = await (coordinator === undefined
      ? trainInOneProcess(record, engine, display)
      : trainAsPipeline(record, coordinator, programs, display));
    const begun = training;
    numerics.catch((error: unknown) => begun.abort(error as Error));
    interruption.handle({
      stop: () => {
        display.say('Stopping after this batch. Press Ctrl-C again to stop at once.');
        begun.stop();
      },
      abort: () => begun.abort(interruption.signal.reason as Error),
    });
    return await begun.ended;
  } catch (error) {
    if (training === undefined) await record.abandon(error as Error);
    // A run that was stopped before its first frame has no model, and what the user wanted.
    throw isStop(error) ? interruption.signal.reason : error;
  } finally {
    // The engine is closed next, and no run may be under way then.
    await numerics.catch(() => undefined);
  }
}

function isStop(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_RUN_STOPPED';
}
