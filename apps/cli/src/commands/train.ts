import { relative } from 'node:path';
import { ModelWriter, newRunId, RunFolder } from '@layerline/checkpoint';
import type { Coordinator } from '@layerline/coordinator';
import { fingerprintOf, layerName } from '@layerline/pipeline';
import { resolveConfig } from '../config-sources.js';
import { openDisplay } from '../display/display.js';
import type { Display } from '../display/display.js';
import { DownloadDisplay } from '../display/download-display.js';
import { duration, megabytes, percent, whole } from '../display/format.js';
import { Interruption } from '../interruption.js';
import { openCoordinator, trainAsPipeline } from '../training/pipeline-training.js';
import { prepare } from '../training/preparation.js';
import type { Preparation } from '../training/preparation.js';
import { Recorder } from '../training/recorder.js';
import { makeResult } from '../training/result.js';
import type { TrainResult } from '../training/result.js';
import { trainInOneProcess } from '../training/single-process-training.js';
import type { Training } from '../training/training.js';
import { VERSION } from '../version.js';

/** What the command line gives `layerline train`, beside the options that are part of the config. */
export interface TrainArguments {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly configFile: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** `layerline train`. @returns the exit code */
export async function train({ options, configFile, json, quiet }: TrainArguments): Promise<number> {
  const { config, preset } = resolveConfig({
    options,
    file: configFile,
    environment: process.env,
    workingDirectory: process.cwd(),
  });
  // With --json, standard output is for the one object; people read the rest on standard error.
  const stream = json ? process.stderr : process.stdout;
  const say = quiet ? (): void => undefined : (line: string): void => void stream.write(`${line}\n`);
  const interruption = new Interruption();
  try {
    say(`Training ${config.layers.join('-')} with preset ${preset}, seed ${config.seed}`);
    const download = new DownloadDisplay(stream);
    const preparation = await prepare(config, {
      say,
      progress: (progress) => quiet || download.progress(progress),
      signal: interruption.signal,
    }).finally(() => download.close());
    interruption.signal.throwIfAborted();
    const display = openDisplay(stream, preparation.plan, quiet);
    const result = await run(preparation, display, interruption).finally(() => display.close());
    if (!quiet) for (const line of summary(result)) stream.write(`${line}\n`);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return interruption.exitCode ?? 0;
  } finally {
    interruption.close();
  }
}

/** Trains what is prepared. The port is taken before anything is written: where it cannot be had, nothing is left. */
async function run(preparation: Preparation, display: Display, interruption: Interruption): Promise<TrainResult> {
  const { config, engine } = preparation;
  let coordinator: Coordinator | undefined;
  try {
    if (!config.singleProcess) coordinator = await openCoordinator(config.port);
    return await recordedRun(preparation, coordinator, display, interruption);
  } finally {
    coordinator?.close();
    await engine.close();
  }
}

/** Trains in a folder of its own. @param coordinator none for training in this process */
async function recordedRun(
  preparation: Preparation,
  coordinator: Coordinator | undefined,
  display: Display,
  interruption: Interruption,
): Promise<TrainResult> {
  const { config, plan, engine } = preparation;
  const id = newRunId();
  const folder = await RunFolder.create(config.out, id, { layerline: VERSION, config, plan });
  const model = new ModelWriter(
    folder.model,
    plan.layers.map((_, index) => layerName(index)),
  );
  const fingerprint = fingerprintOf(engine, plan);
  // Met where it is needed.
  fingerprint.catch(() => undefined);
  let training: Training | undefined;
  let unwritable: Error | undefined;
  const recorder = new Recorder(folder, (error) => {
    unwritable ??= error;
    training?.abort();
  });
  try {
    // The stages of a pipeline start meanwhile; in one process the training needs this engine.
    if (coordinator === undefined) await fingerprint;
    training = await start(id, preparation, coordinator, model, recorder, display);
    interruption.handle({
      stop: () => {
        display.say('Stopping after this batch. Press Ctrl-C again to stop at once.');
        training?.stop();
      },
      abort: () => training?.abort(),
    });
    if (unwritable !== undefined) training.abort();
    await training.ended;
    if (unwritable !== undefined) throw unwritable;
    interruptedBeforeBegin(recorder, interruption);
    const { weightsSha256 } = await model.commit();
    const result = makeResult({
      run: id,
      folder: relative('', folder.path),
      plan,
      end: recorder.end as NonNullable<typeof recorder.end>,
      evaluation: recorder.evaluation,
      fingerprint: await fingerprint,
      stages: recorder.stages,
      weightsSha256,
    });
    await folder.end({ state: result.outcome, result: { ...result } });
    return result;
  } catch (error) {
    const cause = unwritable ?? (error as Error);
    recorder.note(cause.message);
    await model.abandon();
    const state = interruption.exitCode === undefined ? 'failed' : 'stopped';
    await folder.end({ state, failure: cause.message }).catch(() => undefined);
    throw cause;
  } finally {
    recorder.close();
    // The engine is closed next, and no run may be under way then.
    await fingerprint.catch(() => undefined);
  }
}

/** A run that was stopped before its first frame has no end to report, and no model. */
function interruptedBeforeBegin(recorder: Recorder, interruption: Interruption): void {
  if (recorder.end === undefined) throw interruption.signal.reason;
}

async function start(
  id: string,
  { plan, engine }: Preparation,
  coordinator: Coordinator | undefined,
  model: ModelWriter,
  recorder: Recorder,
  display: Display,
): Promise<Training> {
  const listener = {
    started: recorder.started.bind(recorder),
    line: recorder.line.bind(recorder),
    began: () => {
      recorder.began();
      display.began();
    },
    report: (report: Parameters<Display['report']>[0]) => {
      recorder.report(report);
      display.report(report);
    },
    telemetry: (...telemetry: Parameters<Display['telemetry']>) => {
      recorder.telemetry(...telemetry);
      display.telemetry(...telemetry);
    },
  };
  return coordinator === undefined
    ? trainInOneProcess(plan, engine, model, listener)
    : trainAsPipeline(id, plan, coordinator, model, listener);
}

/** What a person reads at the end. */
function summary(result: TrainResult): string[] {
  const lines = [
    `Trained on ${whole(result.images)} images of ${result.dataset} in ${duration(result.trainSeconds)}: ` +
      `${whole(result.imagesPerSecond)} images/s; evaluation took ${duration(result.evalSeconds)}`,
  ];
  const peaks = result.stages.flatMap(({ stage, peakMemoryBytes }) => {
    return peakMemoryBytes === null ? [] : [`${stage} ${megabytes(peakMemoryBytes)}`];
  });
  if (peaks.length > 0) lines.push(`Peak memory: ${peaks.join(', ')}`);
  lines.push(`Run folder: ${result.folder}`);
  if (result.testAccuracy === null) lines.push(`Not evaluated yet: npx layerline evaluate ${result.folder}`);
  else lines.push(`Test accuracy: ${percent(result.testAccuracy)} on ${result.dataset}`);
  return lines;
}
