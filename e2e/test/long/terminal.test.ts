import { basename, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { layerline, QUICK } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { onlyRun } from '../support/run-folder.js';
import { Terminal } from '../support/terminal.js';
import { skipWithout } from '../support/tools.js';

const TRAIN = `train ${QUICK.join(' ')} --no-dashboard`;
const LONG = `${TRAIN} --epochs 999 --eval-every 0`;
/** Above what a command prints, so that it is at the foot of the window. */
const ABOVE = Array.from({ length: 40 }, (_, index) => `${index + 1}`);

/** What the lines of a head and of layers say by the width of the window: rates tell nothing of a run that is paused. */
const SEPARATED = /[\d.]+ % separated/.source;
const FORMS: Readonly<Record<number, readonly [head: RegExp, layer: RegExp]>> = {
  40: [head(5), new RegExp(`^ {2}layer-\\d {2}${SEPARATED}$`)],
  60: [head(20), new RegExp(`^ {2}layer-\\d {2}[\\d.]+ / [\\d.]+, ${SEPARATED}$`)],
  80: [head(30), inWords()],
  120: [head(30), inWords()],
};

/** @param bar its width */
function head(bar: number): RegExp {
  return new RegExp(`^Paused {5}[█░]{${bar}} +\\d+ % {2}epoch \\d+ of 999$`);
}

function inWords(): RegExp {
  return new RegExp(`^ {2}layer-\\d {2}goodness [\\d.]+ positive, [\\d.]+ negative, ${SEPARATED}$`);
}

/** The picture of a network with two layers that a window of that width has. The last figures may come after the pause. */
function pictureFor(columns: number): readonly RegExp[] {
  const [first, layer] = FORMS[columns] as (typeof FORMS)[number];
  return [first, layer, layer];
}

const isPicture = (rows: readonly string[], columns: number): boolean =>
  pictureFor(columns).every((line, place) => line.test(rows.slice(-3)[place] ?? ''));

/** A training that has been paused, so that its rates are gone for good. */
async function paused(t: Test, cwd: string): Promise<Terminal> {
  const terminal = new Terminal(t, (layerline) => `seq 40; ${layerline} ${LONG}`, { columns: 120, rows: 24, cwd });
  await terminal.shows('speed', (rows) => rows.some((row) => /images\/s, [\d:]+ left$/.test(row)));
  const run = basename(await until('the run', () => onlyRun(join(cwd, 'runs'))));
  const { code, stderr } = await layerline(t, ['pause', run], { cwd });
  t.equal(code, 0, stderr);
  await terminal.shows('pause', (rows) => isPicture(rows, 120));
  // Batches that were on their way still report: as long as the picture changes, so may it in the midst of a resize.
  let seen: readonly string[] = [];
  await until('a picture that stays', async () => {
    const before = seen;
    seen = terminal.everything();
    await layerline(t, ['status', run, '--json'], { cwd });
    return before.join('\n') === seen.join('\n');
  });
  return terminal;
}

const skip = skipWithout('tmux', '-V');

await t.test('a window of any size shows a training once, and keeps what was printed before', { skip }, async (t) => {
  const terminal = await paused(t, t.testdir());
  const wide = terminal.everything();
  const before = wide.slice(0, -3);
  t.same(before.slice(0, 40), ABOVE);
  t.match(before.slice(40), [/^Training 64-48 /, /^Data: digits/, /^Engine: /]);
  for (const columns of [60, 40, 80, 120]) {
    terminal.resize(columns, 24);
    await terminal.shows(`picture for ${columns} columns`, (rows) => isPicture(rows, columns));
    const everything = terminal.everything();
    t.same(everything.slice(0, -3), before, `above it, with ${columns} columns`);
    t.match(everything.slice(-3), pictureFor(columns), `${columns} columns`);
  }
  terminal.press('C-c');
  await terminal.shows('end', (rows) => rows.some((row) => row.startsWith('Not evaluated yet')));
  t.same(terminal.everything().slice(0, 44), [
    ...before,
    'Stopping after this batch. Press Ctrl-C again to stop at once.',
  ]);
  t.notMatch(terminal.everything().join('\n'), /[█░]/, 'the picture is gone');
});

await t.test('status --watch counts what a low window has no room for', { skip }, async (t) => {
  const cwd = t.testdir();
  await paused(t, cwd);
  const terminal = new Terminal(t, (layerline) => `${layerline} status --watch`, { columns: 80, rows: 30, cwd });
  const isWhole = (rows: readonly string[]): boolean => rows.some((row) => row.startsWith('evaluator'));
  t.match((await terminal.shows('status', isWhole))[0], /^Coordinator /);
  terminal.resize(80, 6);
  const isShort = (rows: readonly string[]): boolean =>
    /^… \d+ more lines: enlarge the window$/.test(rows.at(-1) ?? '');
  t.match((await terminal.shows('end of a short status', isShort))[0], /^Coordinator /);
  terminal.resize(40, 50);
  const rows = await terminal.shows('list', (rows) => rows.includes('feeder'));
  t.equal(rows.filter((row) => row.startsWith('Coordinator ')).length, 1);
  t.same(
    rows.filter((row) => row.length >= 40),
    [],
  );
});

for (const [what, window, line] of [
  ['a dumb terminal', { term: 'dumb' }, (layerline: string) => `${layerline} ${TRAIN}`],
  ['a terminal without a size', {}, (layerline: string) => `stty columns 0 rows 0; ${layerline} ${TRAIN}`],
] as const) {
  await t.test(`${what} gets plain lines`, { skip }, async (t) => {
    const terminal = new Terminal(t, line, { columns: 120, rows: 24, cwd: t.testdir(), ...window });
    await terminal.shows('end', (rows) => rows.some((row) => row.startsWith('Test accuracy: ')));
    const lines = terminal.everything();
    t.match(
      lines.find((row) => row.startsWith('Epoch')),
      /^Epoch 1 of 1(, [\d,]+ images\/s)?; goodness positive \/ negative, separated: layer-1 [\d.]+ \/ [\d.]+ [\d.]+ %; layer-2 /,
    );
    t.notMatch(lines.join('\n'), /[█░]/);
  });
}

await t.test('a table that is wider than the window is a list, and whole in a pipe', { skip }, async (t) => {
  const cwd = t.testdir();
  const terminal = new Terminal(t, (layerline) => `${layerline} datasets; echo end`, { columns: 40, rows: 50, cwd });
  const rows = await terminal.shows('end', (rows) => rows.includes('end'));
  t.same(rows.slice(0, 2), ['mnist', '  train: 60,000; test: 10,000']);
  t.ok(rows.every((row) => row.length < 40));
  const { stdout } = await layerline(t, ['datasets'], { cwd });
  t.match(stdout, /^data set +train +test +what it is +where\nmnist +60,000 +10,000 +MNIST: [^\n]+\nfashion-mnist /);
});
