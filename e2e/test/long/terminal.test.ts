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

/** What the three lines say in the widest window: rates tell nothing of a run that is paused. */
const HEAD = /^Paused +[█░]{30} +(?<done>\d+ %) {2}(?<epoch>epoch \d+ of 999)$/;
const LAYER =
  /^ {2}layer-\d {2}goodness (?<positive>[\d.]+) positive, (?<negative>[\d.]+) negative, (?<separated>[\d.]+ % separated)$/;

/** A bar of so many columns, and a line whose bar is like that: how full it is says less exactly than the percentage. */
const bar = (width: number): string => '░'.repeat(width);
const emptied = (line: string): string => line.replaceAll('█', '░');

/** A training that has been paused, so that its figures stay as they are. */
async function paused(t: Test, cwd: string): Promise<Terminal> {
  const terminal = new Terminal(t, (layerline) => `seq 40; ${layerline} ${LONG}`, { columns: 120, rows: 24, cwd });
  await terminal.shows('speed', (rows) => rows.some((row) => /images\/s, [\d:]+ left$/.test(row)));
  const run = basename(await until('the run', () => onlyRun(join(cwd, 'runs'))));
  const { code, stderr } = await layerline(t, ['pause', run], { cwd });
  t.equal(code, 0, stderr);
  const isStill = (rows: readonly string[]): boolean =>
    HEAD.test(rows.at(-3) ?? '') && rows.slice(-2).every((row) => LAYER.test(row));
  await terminal.shows('pause', isStill);
  return terminal;
}

const skip = skipWithout('tmux', '-V');

await t.test('a window of any size shows a training once, and keeps what was printed before', { skip }, async (t) => {
  const terminal = await paused(t, t.testdir());
  const wide = terminal.everything();
  const [head = '', ...layers] = wide.slice(-3);
  const { done = '', epoch = '' } = HEAD.exec(head)?.groups ?? {};
  const figures = layers.map((line) => LAYER.exec(line)?.groups ?? {});
  const before = wide.slice(0, -3);
  t.same(before.slice(0, 40), ABOVE);
  t.match(before.slice(40), [/^Training 64-48 /, /^Data: digits/, /^Engine: /]);

  const expected: Readonly<Record<number, readonly string[]>> = {
    40: [
      `Paused     ${bar(5)} ${done.padStart(5)}  ${epoch}`,
      ...figures.map(({ separated }, index) => `  layer-${index + 1}  ${separated}`),
    ],
    60: [
      `Paused     ${bar(20)} ${done.padStart(5)}  ${epoch}`,
      ...figures.map(({ positive, negative, separated }, index) => {
        return `  layer-${index + 1}  ${positive} / ${negative}, ${separated}`;
      }),
    ],
    80: [emptied(head), ...layers],
    120: [emptied(head), ...layers],
  };
  for (const columns of [60, 40, 80, 120]) {
    terminal.resize(columns, 24);
    const [first = '', ...rest] = expected[columns] ?? [];
    await terminal.shows(
      `picture for ${columns} columns`,
      (rows) => rows.map(emptied).includes(first) && rows.at(-1) === rest.at(-1),
    );
    t.same(terminal.everything().map(emptied), [...before, first, ...rest], `${columns} columns`);
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
