import type { TrainResult } from '@layerline/api';
import { follow } from '@layerline/coordinator';
import type { Run } from '@layerline/coordinator';
import type { Programs } from '@layerline/layer-node';
import { ConfigError } from '@layerline/plan';
import type { RunConfig } from '@layerline/plan';
import { resolveConfig } from '../config-sources.js';
import { showDashboard } from '../dashboard-address.js';
import type { Showing } from '../dashboard-address.js';
import { widthsOf } from '../display/format.js';
import { commandLine } from '../display/command-line.js';
import { printLine } from '../display/print-line.js';
import { expandHome } from '../environment.js';
import { evaluationCost } from '../display/evaluation-cost.js';
import { eventLines } from '../display/event-lines.js';
import { DownloadDisplay } from '../display/download-display.js';
import { RunView } from '../display/run-view.js';
import { summary } from '../display/summary.js';
import { Interruption } from '../interruption.js';
import { wholeNumber } from '../option-values.js';
import { checkPrograms, readPrograms } from '../program-options.js';
import { checkResumable, configOf, dataOf, findRun } from '../run-lookup.js';
import { runsFolder } from '../run-options.js';
import { flagOf } from '../train-options.js';
import { continuedModel } from '../training/continued-model.js';
import { openInProcess, openPipeline } from '../training/local-coordinator.js';
import type { LocalCoordinator } from '../training/local-coordinator.js';
import { prepare, prepareAgain } from '../training/this-machine.js';
import type { ThisMachine } from '../training/this-machine.js';

/** What the command line gives `layerline train`: `options` are part of the config, the others are not. */
export interface TrainArguments {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly configFile: string | undefined;
  /** A run whose settings are taken: its folder, or its id. */
  readonly from: string | undefined;
  /** A run that is gone on with, weights and settings: its folder, or its id. */
  readonly continues: string | undefined;
  /** A run to resume: its folder, or its id. */
  readonly resume: string | undefined;
  /** That the run is given; undefined for none. */
  readonly name: string | undefined;
  /** Whether to resume it even if a process still seems to be at work on it. */
  readonly takeOver: boolean;
  /** Whether to start over if it has lost its snapshots. */
  readonly fromStart: boolean;
  /** This machine's own programs, as the user wrote them. */
  readonly programs: readonly string[];
  /** Whether to serve the dashboard, and to open it in the user's browser. */
  readonly dashboard: boolean;
  readonly open: boolean;
  readonly json: boolean;
  /** Whether to print the events of the run, a line of JSON each. */
  readonly events: boolean;
  readonly quiet: boolean;
}

/** A training that is ready to begin: nothing has been written yet. */
interface Prepared {
  readonly machine: ThisMachine;
  readonly config: Pick<RunConfig, 'singleProcess' | 'port' | 'out'>;
  readonly begin: (local: LocalCoordinator) => Promise<Run>;
}

type Say = (line: string) => void;

/** Options that may be given again when a run is resumed; everything else is as it was. */
const AGAIN: ReadonlySet<string> = new Set(['out', 'port', 'dataDir', 'allowDifferentNumbers']);

/** `layerline train`. @returns the exit code */
export async function train(given: TrainArguments): Promise<number> {
  const { json, events, quiet, resume } = given;
  // With --json or --events, standard output is for that alone; everything else goes to standard error.
  const stream = json || events ? process.stderr : process.stdout;
  const say: Say = quiet ? () => undefined : (line) => printLine(line, stream);
  const programs = readPrograms(given.programs);
  const interruption = new Interruption();
  interruption.start();
  try {
    const prepared = await (resume === undefined
      ? prepareNew(given, programs, say, stream, interruption)
      : prepareResumed(resume, given, programs, say));
    const showing = { isTerminal: stream.isTTY, open: given.open, say };
    const result = await carryOut(prepared, given, programs, showing, new RunView(stream, quiet), interruption);
    if (!quiet) for (const line of summary(result)) printLine(line, stream);
    if (result.outcome === 'stopped') say(howToGoOn(result.folder));
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return interruption.exitCode ?? 0;
  } finally {
    interruption.stop();
  }
}

async function prepareNew(
  { options, configFile, from, continues, name, quiet }: TrainArguments,
  programs: Programs,
  say: Say,
  stream: NodeJS.WriteStream,
  { signal }: Interruption,
): Promise<Prepared> {
  const { config, preset } = resolveConfig({
    options,
    file: configFile,
    from: await configOf(from ?? continues, options['out']),
    environment: process.env,
    workingDirectory: process.cwd(),
  });
  checkPrograms(config.programs, programs);
  say(
    `Training ${widthsOf(config.layers)} ${preset === undefined ? `as ${from ?? continues}` : `with preset ${preset}`}, seed ${config.seed}`,
  );
  const model = continues === undefined ? undefined : await continuedModel(continues, runsFolder(options['out']));
  const download = new DownloadDisplay(stream);
  const progress: DownloadDisplay['progress'] = (given) => {
    if (!quiet) download.progress(given);
  };
  const files: DownloadDisplay['files'] = (done, all) => {
    if (!quiet) download.files(done, all);
  };
  const machine = await prepare(config, [...programs.keys()], { say, progress, files, signal }).finally(() =>
    download.close(),
  );
  return {
    machine,
    config,
    begin: async ({ coordinator }) => {
      const run = await coordinator.submit(config, { model, name });
      const cost = evaluationCost(run.plan);
      if (cost !== undefined) say(cost);
      return run;
    },
  };
}

/** @throws CheckpointError if nothing is left to do, ConfigError for an option that would change the run */
async function prepareResumed(
  run: string,
  { options, name, takeOver, fromStart }: TrainArguments,
  programs: Programs,
  say: Say,
): Promise<Prepared> {
  if (name !== undefined) throw new ConfigError('name: a resumed run keeps its own: leave out this option');
  const changed = Object.keys(options).find((key) => options[key] !== undefined && !AGAIN.has(key));
  if (changed !== undefined) {
    throw new ConfigError(`${flagOf(changed)}: a resumed run keeps its settings: leave out this option`);
  }
  const out = runsFolder(options['out']);
  const { folder, config, plan } = await findRun(run, out);
  await checkResumable(folder, takeOver);
  checkPrograms(plan.programs, programs);
  const data = await dataOf(plan, typeof options['dataDir'] === 'string' ? expandHome(options['dataDir']) : undefined);
  const machine = await prepareAgain(plan, data, [...programs.keys()]);
  say(`Continuing ${folder}: ${widthsOf(config.layers)}, engine ${plan.engine.backend}`);
  const port =
    typeof options['port'] === 'string' ? wholeNumber('port', options['port'], { from: 0, to: 65_535 }) : config.port;
  const allowDifferentNumbers = options['allowDifferentNumbers'] === true;
  return {
    machine,
    config: { singleProcess: config.singleProcess, port, out },
    begin: ({ coordinator }) => coordinator.resume(folder, { takeOver, fromStart, allowDifferentNumbers }),
  };
}

/** Carries out what is prepared. The port is opened before anything is written: if that fails, nothing is left behind. */
async function carryOut(
  { machine, config, begin }: Prepared,
  { dashboard, events }: TrainArguments,
  programs: Programs,
  showing: Showing,
  view: RunView,
  interruption: Interruption,
): Promise<TrainResult> {
  let local: LocalCoordinator | undefined;
  let begun: string | undefined;
  try {
    interruption.signal.throwIfAborted();
    const options = { ...config, dashboard, say: showing.say };
    local = await (config.singleProcess ? openInProcess(machine, options) : openPipeline(machine, programs, options));
    if (local.address !== undefined) showDashboard(local.coordinator, local.address, showing);
    const run = await begin(local);
    const { killAll } = local;
    begun = run.record.folder.path;
    const goOn = howToGoOn(begun);
    interruption.handle({
      stop: () => {
        view.say('Stopping after this batch. Press Ctrl-C again to stop at once.');
        run.steering.stop();
      },
      abort: () => {
        killAll();
        run.abort(interruption.signal.reason as Error);
        view.close();
        showing.say(`Stopped at once: what it has learned since its newest snapshot is lost. ${goOn}`);
      },
    });
    await view.show(events ? eventLines(follow(run)) : follow(run));
    return await run.ended;
  } catch (error) {
    if (!isStop(error) || !interruption.signal.aborted) throw error;
    view.close();
    if (begun !== undefined) showing.say(howToGoOn(begun));
    // A run that was stopped before its first frame has no model, but did what the user wanted.
    throw interruption.signal.reason;
  } finally {
    view.close();
    await (local === undefined ? machine.engine.close() : local.close());
  }
}

/** @param folder of a run that was stopped */
function howToGoOn(folder: string): string {
  return `Go on with it: ${commandLine('train', '--resume', folder)}`;
}

function isStop(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_RUN_STOPPED';
}
