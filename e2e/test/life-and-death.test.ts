import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { json, PROGRAM, start } from './support/layerline.js';
import type { Command, Ended, TrainResult } from './support/layerline.js';
import { isAlive, until, within } from './support/processes.js';
import { filesOf, loggedStages, onlyRun, readJson, readLines, weightsSha256 } from './support/run-folder.js';

/** What "within seconds" means here; a slow machine with other work needs some of it. */
const SOON_MS = 60_000;
/** Most of what a training does here is to start. */
t.jobs = 2;
const AT_ONCE = { buffered: true };
const STAGES = ['feeder', 'layer-1', 'layer-2', 'evaluator'];
/** Longer than any test waits. */
const LONG = ['--dataset', 'digits', '--layers', '64,64', '--epochs', '1000', '--eval-every', '0'];

interface Training {
  readonly command: Command;
  readonly folder: string;
  readonly stages: ReadonlyMap<string, number>;
}

/** Starts a long training, and waits until all of its processes have been started. */
async function starting(t: Test): Promise<Training> {
  const cwd = t.testdir();
  const command = start(t, ['train', ...LONG, '--out', 'runs', '--json'], { cwd });
  const folder = await until('the run folder', () => onlyRun(join(cwd, 'runs')));
  const stages = await until('the stages', () => {
    const stages = loggedStages(folder);
    return stages.size === STAGES.length && stages;
  });
  return { command, folder, stages };
}

/** Starts a long training, and waits until it learns. */
async function training(t: Test): Promise<Training> {
  const started = await starting(t);
  await until('learning', () => readLines(join(started.folder, 'metrics.jsonl')).length > 0);
  return started;
}

/** Longer than what counts as one press. */
function nextPress(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250));
}

function endOf({ command }: Training): Promise<Ended> {
  return within('the end of the command', SOON_MS, command.ended);
}

function noneIsLeft(t: Test, { stages }: Training): void {
  t.same(
    [...stages].filter(([, pid]) => isAlive(pid)),
    [],
    'no stage is left',
  );
}

function hasNoModel(t: Test, { folder }: Training): void {
  const left = filesOf(folder).filter((name) => name !== 'snapshots');
  t.same(
    left.sort(),
    ['config.json', 'history.jsonl', 'journal.json', 'log.jsonl', 'metrics.jsonl', 'state.json'],
    'no part of a model',
  );
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  t.test(`${signal} ends a training in order, with a model`, AT_ONCE, async (t) => {
    const run = await training(t);
    // Ctrl-C goes to the stages as well; the others are sent to the command by programs.
    if (signal === 'SIGINT') run.command.killGroup(signal);
    else run.command.kill(signal);
    const { code: exitCode, stdout, stderr } = await endOf(run);
    t.equal(exitCode, code);
    noneIsLeft(t, run);
    t.match(stderr, /^Stopping after this batch\. /m);
    t.match(stderr, `\nGo on with it: layerline train --resume runs/${basename(run.folder)}\n`);
    const result = JSON.parse(stdout) as TrainResult;
    t.equal(result.outcome, 'stopped');
    t.ok(result.images > 0 && result.images % 100 === 0, `${result.images} images`);
    t.equal(weightsSha256(run.folder, 2), result.weightsSha256);
    t.equal(readJson(join(run.folder, 'state.json'))['state'], 'stopped');
    const evaluation = await json<TrainResult>(t, ['evaluate', run.folder]);
    t.equal(evaluation.weightsSha256, result.weightsSha256);
    t.ok(evaluation.testError < 0.9, `the model has learned: ${evaluation.testError}`);
  });
}

t.test('SIGINT ends a training in a single process, with a model', AT_ONCE, async (t) => {
  const cwd = t.testdir();
  const command = start(t, ['train', ...LONG, '--single-process', '--out', 'runs', '--json'], { cwd });
  const folder = await until('the run folder', () => onlyRun(join(cwd, 'runs')));
  await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
  command.killGroup('SIGINT');
  const { code, stdout } = await within('the end', SOON_MS, command.ended);
  t.equal(code, 130);
  t.equal((JSON.parse(stdout) as TrainResult).weightsSha256, weightsSha256(folder, 2));
});

t.test('a reader of its output that goes away ends a training in order', AT_ONCE, async (t) => {
  const cwd = t.testdir();
  const command = start(t, ['train', ...LONG, '--out', 'runs'], { cwd });
  const folder = await until('the run folder', () => onlyRun(join(cwd, 'runs')));
  await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
  command.stopReading();
  const { code } = await within('the end', SOON_MS, command.ended);
  t.equal(code, 141, 'as by SIGPIPE');
  t.equal(readJson(join(folder, 'state.json'))['state'], 'stopped');
  t.match(weightsSha256(folder, 2), /^[0-9a-f]{64}$/, 'with a model');
});

t.test('a second SIGINT ends a training at once', AT_ONCE, async (t) => {
  const run = await training(t);
  // A stage that stands still keeps the first from being obeyed.
  process.kill(run.stages.get('layer-2') ?? 0, 'SIGSTOP');
  run.command.killGroup('SIGINT');
  await until('the first', () => run.command.stderr.includes('Stopping after this batch.'));
  const ended = endOf(run);
  let isOver = false;
  void ended.then(() => (isOver = true));
  // Again and again: what comes at once after the first is the same press.
  while (!isOver) {
    run.command.kill('SIGINT');
    await Promise.race([ended, nextPress()]);
  }
  const { code, stdout, stderr } = await ended;
  t.equal(code, 130);
  t.equal(stdout, '', 'no result');
  t.match(
    stderr,
    `\nStopped at once: what it has learned since its newest snapshot is lost. Go on with it: layerline train --resume runs/${basename(run.folder)}\n`,
  );
  await until('the end of all stages', () => [...run.stages.values()].every((pid) => !isAlive(pid)), SOON_MS);
  hasNoModel(t, run);
});

t.test('a Ctrl-C that arrives twice is one press, and keeps the model', AT_ONCE, async (t) => {
  const run = await training(t);
  run.command.killGroup('SIGINT');
  run.command.kill('SIGINT');
  const { code, stdout } = await endOf(run);
  t.equal(code, 130);
  t.equal((JSON.parse(stdout) as TrainResult).weightsSha256, weightsSha256(run.folder, 2));
});

t.test('SIGUSR1 opens no inspector, in no process', AT_ONCE, async (t) => {
  const run = await training(t);
  const before = readLines(join(run.folder, 'metrics.jsonl')).length;
  for (const pid of [run.command.pid, ...run.stages.values()]) process.kill(pid, 'SIGUSR1');
  await until('more learning', () => readLines(join(run.folder, 'metrics.jsonl')).length > before);
  run.command.kill('SIGINT');
  const { stderr } = await endOf(run);
  t.notMatch(stderr, /Debugger listening/);
  t.notMatch(readFileSync(join(run.folder, 'log.jsonl'), 'utf8'), /Debugger listening/);
});

t.test('a training that npm has started ends with npm, in order', AT_ONCE, async (t) => {
  const cwd = t.testdir();
  const npm = join(cwd, 'npm.cjs');
  // A stand-in that starts what it is told through a shell, as npm does, and dies without passing anything on.
  writeFileSync(
    npm,
    "require('child_process').spawn('sh', ['-c', process.argv.slice(2).join(' ') + '; true'], { stdio: 'inherit' })",
  );
  const args = ['train', ...LONG, '--single-process', '--out', 'runs', '--no-dashboard'];
  const command = start(t, [process.execPath, PROGRAM, ...args], { cwd, program: npm, env: { npm_execpath: npm } });
  const folder = await until('the run folder', () => onlyRun(join(cwd, 'runs')));
  await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
  command.kill('SIGKILL');
  await until('an orderly end', () => readJson(join(folder, 'state.json'))['state'] === 'stopped', SOON_MS);
  t.match(weightsSha256(folder, 2), /^[0-9a-f]{64}$/, 'with a model');
});

t.test('SIGINT while the stages start ends all of them', AT_ONCE, async (t) => {
  const run = await starting(t);
  run.command.killGroup('SIGINT');
  const { code, stderr } = await endOf(run);
  t.equal(code, 130);
  t.match(stderr, /^layerline: stopped$/m);
  noneIsLeft(t, run);
  hasNoModel(t, run);
  t.equal(readJson(join(run.folder, 'state.json'))['state'], 'stopped');
});

t.test('SIGINT before there is a run leaves nothing', AT_ONCE, async (t) => {
  const cwd = t.testdir();
  const command = start(t, ['train', ...LONG], { cwd });
  await until('the first line', () => command.stdout.includes('\n'));
  command.killGroup('SIGINT');
  const { code } = await within('the end', SOON_MS, command.ended);
  t.equal(code, 130);
  t.notOk(existsSync(join(cwd, 'runs')) && existsSync(join(onlyRun(join(cwd, 'runs')) ?? '', 'model')), 'no model');
});

for (const [when, begin] of Object.entries({ starting, training })) {
  t.test(`the death of the command in the midst of ${when} ends all stages`, AT_ONCE, async (t) => {
    const run = await begin(t);
    run.command.kill('SIGKILL');
    t.equal((await endOf(run)).signal, 'SIGKILL');
    await until('the end of all stages', () => [...run.stages.values()].every((pid) => !isAlive(pid)), SOON_MS);
    hasNoModel(t, run);
    const [listed] = await json<{ state: string }[]>(t, ['runs', '--out', join(run.folder, '..')]);
    t.equal(listed?.state, 'died');
  });
}
