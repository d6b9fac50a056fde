import { basename, extname, join, resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { ConfigError } from '@layerline/plan';
import { resolveConfig } from '../config-sources.js';
import { thisCommand } from '../display/command-line.js';
import { duration, percent, settingValue, whole } from '../display/format.js';
import { printLine } from '../display/print-line.js';
import { table } from '../display/table.js';
import { Interruption } from '../interruption.js';
import { cellsOf } from '../sweep/cells.js';
import { readDefinition, trialsOf } from '../sweep/definition.js';
import type { SweepDefinition, Trial } from '../sweep/definition.js';
import type { Outcome } from '../sweep/outcome.js';
import { rankingOf } from '../sweep/ranking.js';
import type { SiteConnection } from '../sweep/run-trial.js';
import { SweepFolder } from '../sweep/sweep-folder.js';
import { SweepRun, trialsAtOnce } from '../sweep/sweep-run.js';

export interface SweepArguments {
  readonly file: string;
  /** Folder of the sweeps. */
  readonly out: string;
  /** Trials at once; undefined for one a core or, on a coordinator, one. */
  readonly parallel: number | undefined;
  /** Which coordinator trains the trials; undefined for this machine. */
  readonly connection: SiteConnection | undefined;
  /** Only says what would be tried. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `layerline sweep FILE`: tries settings, and says which are best. @returns the exit code @throws ConfigError, CheckpointError */
export async function sweep(given: SweepArguments): Promise<number> {
  const path = resolve(given.file);
  const definition = readDefinition(path, given.file);
  const { name = basename(path, extname(path)) } = definition;
  const trials = trialsOf(definition);
  const keys = Object.keys(definition.vary);
  const folder = new SweepFolder(join(given.out, name));
  const stream = given.json ? process.stderr : process.stdout;
  const say = (line: string): void => printLine(line, stream);
  if (given.dryRun) {
    if (given.json) process.stdout.write(`${JSON.stringify({ name, trials })}\n`);
    for (const { id, settings, seed } of trials) say(`${id}  ${described(settings)}, seed ${seed}`);
    say(`${whole(trials.length)} trials`);
    return 0;
  }
  await folder.open();
  checkAll(trials, folder, given.connection);
  const outcomes = folder.outcomes();
  const interruption = new Interruption();
  interruption.start();
  try {
    const parallel = given.parallel ?? (given.connection === undefined ? trialsAtOnce() : 1);
    await carryOut(definition, trials, folder, outcomes, { ...given, parallel }, interruption, say);
  } finally {
    interruption.stop();
  }
  const ranked = rankingOf(trials, outcomes);
  // Plots take a library that no other command should wait for.
  const { reportOf } = await import('../sweep/report.js');
  await writeFile(folder.report, reportOf(name, keys, ranked, trials.length));
  if (given.json) {
    process.stdout.write(`${JSON.stringify({ name, folder: folder.path, report: folder.report, ranked })}\n`);
  } else {
    process.stdout.write(
      table(
        [...keys, 'validation', 'test', 'training', 'trials'],
        ranked.map((each) => cellsOf(each, keys)),
      ),
    );
  }
  say(`Report: ${folder.report}`);
  const unfinished = trials.filter(({ id }) => !outcomes.has(id)).length;
  if (unfinished > 0)
    say(`${whole(unfinished)} ${unfinished === 1 ? 'trial is' : 'trials are'} left. Go on: ${thisCommand()}`);
  const isBad = ranked.some((each) => each.trials.some(({ outcome }) => outcome.state === 'failed'));
  return interruption.exitCode ?? (isBad ? 1 : 0);
}

/** @param outcomes is added to */
async function carryOut(
  definition: SweepDefinition,
  trials: readonly Trial[],
  folder: SweepFolder,
  outcomes: Map<string, Outcome>,
  { parallel, connection }: { readonly parallel: number; readonly connection: SiteConnection | undefined },
  interruption: Interruption,
  say: (line: string) => void,
): Promise<void> {
  const site = {
    group: basename(folder.path),
    out: connection === undefined ? folder.runs : undefined,
    threads: connection === undefined ? Math.max(1, Math.floor(trialsAtOnce() / parallel)) : undefined,
    connection,
  };
  const before = new Map(outcomes);
  const run = new SweepRun(trials, definition, folder, before, {
    ...{ parallel, site },
    over: (trial, outcome) => {
      outcomes.set(trial.id, outcome);
      // Of an earlier definition under the same name, there may be others.
      const over = trials.filter(({ id }) => outcomes.has(id)).length;
      say(
        `${whole(over)} of ${whole(trials.length)}: ${described(trial.settings)}, seed ${trial.seed}: ${saidOf(outcome)}`,
      );
    },
  });
  const { left } = run;
  say(
    left.length < trials.length
      ? `Sweep ${folder.path}: ${whole(left.length)} of ${whole(trials.length)} trials are left, ${parallel} at once`
      : `Sweep ${folder.path}: ${whole(trials.length)} trials, ${parallel} at once`,
  );
  if (connection === undefined) say(`To watch: layerline dashboard --runs ${folder.runs}`);
  interruption.handle({
    stop: () => {
      say(
        'Stopping: what has been tried is kept, and runs on a coordinator go on. Press Ctrl-C again to stop at once.',
      );
      run.stop();
    },
    abort: () => {
      run.kill();
      say(`Stopped at once: trials that were under way go back to their newest snapshot. Go on: ${thisCommand()}`);
    },
  });
  await run.run();
}

/** Checks the settings of all trials before the first begins. @throws ConfigError that names the first that does not work */
function checkAll(trials: readonly Trial[], folder: SweepFolder, connection: SiteConnection | undefined): void {
  for (const trial of trials) {
    const file = folder.configFile(trial);
    // Data belongs to a coordinator's nodes.
    if (connection !== undefined) continue;
    try {
      resolveConfig({ options: {}, file, environment: process.env, workingDirectory: process.cwd() });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigError(`${described(trial.settings)}: ${error.message}`, { cause: error });
    }
  }
}

function described(settings: Trial['settings']): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${settingValue(value)}`)
    .join(', ');
}

function saidOf({ state, validationError, testError, trainSeconds, failure }: Outcome): string {
  if (state === 'failed') return `failed: ${failure ?? ''}`;
  const errors = [
    ...(validationError === undefined ? [] : [`validation error ${percent(validationError)}`]),
    ...(testError === undefined ? [] : [`test ${percent(testError)}`]),
    ...(trainSeconds === undefined ? [] : [`trained for ${duration(trainSeconds)}`]),
  ];
  return `${state === 'ended-early' ? 'ended early, ' : ''}${errors.join(', ')}`;
}
