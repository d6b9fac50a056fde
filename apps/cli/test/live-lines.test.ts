import t from 'tap';
import { LiveLines } from '../src/display/live-lines.js';
import { Screen } from './support/screen.js';

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index + 1}`);
const long = (name: string): string => `${name} ${'·'.repeat(200)}`;

/** Lines as they are in a window, cut before its last column. */
const cutAt = (columns: number, ...lines: readonly string[]): string[] =>
  lines.map((line) => line.slice(0, columns - 1));

t.test('lines fit any width, and leave nothing of their former shape behind', async (t) => {
  const screen = new Screen(120, 24);
  const before = numbers(30);
  screen.write(before.map((line) => `${line}\n`).join(''));
  const live = new LiveLines(screen);
  const lines = ['one', 'two', 'three'].map(long);
  live.show(() => lines);
  t.same(await screen.everything(), [...before, ...cutAt(120, ...lines)]);
  for (const columns of [60, 40, 80, 120, 41, 39, 20, 120]) {
    await screen.resize(columns, 24);
    t.same(await screen.everything(), [...before, ...cutAt(columns, ...lines)], `${columns} columns`);
  }
  live.close();
  t.same(await screen.everything(), before);
});

t.test('on a terminal that cuts lines off, what is above them stays', async (t) => {
  const screen = new Screen(120, 24, false);
  const before = numbers(30);
  screen.write(before.map((line) => `${line}\n`).join(''));
  const live = new LiveLines(screen);
  const lines = ['one', 'two', 'three'].map(long);
  live.show(() => lines);
  for (const columns of [60, 40, 20]) {
    await screen.resize(columns, 24);
    t.same(await screen.everything(), [...before, ...cutAt(columns, ...lines)], `${columns} columns`);
  }
});

t.test('lines that a low window has no room for come back, and are there once', async (t) => {
  const screen = new Screen(80, 24);
  const before = numbers(20);
  screen.write(before.map((line) => `${line}\n`).join(''));
  const live = new LiveLines(screen);
  const lines = numbers(15).map((line) => long(`line ${line}`));
  live.show(({ rows }) => lines.slice(0, rows));
  for (const [columns, rows] of [
    [80, 6],
    [80, 10],
    [80, 24],
    [40, 8],
    [120, 24],
  ] as const) {
    await screen.resize(columns, rows);
    t.same((await screen.shown()).slice(-Math.min(15, rows - 1)), cutAt(columns, ...lines.slice(0, rows - 1)));
  }
  t.same(await screen.everything(), [...before, ...cutAt(120, ...lines)]);
});

t.test('what stays is broken between words, and scrolls by above', async (t) => {
  const screen = new Screen(40, 6);
  const live = new LiveLines(screen);
  live.show(() => ['live 1', 'live 2']);
  live.say(
    `no snapshot at step 300: layer-2: the disk is full, and /a/path/that/is/longer/than/the/window stays whole`,
  );
  live.say('  layerline node --coordinator wss://here:7900 --token-file node.token');
  t.same(await screen.everything(), [
    'no snapshot at step 300: layer-2: the',
    'disk is full, and',
    '/a/path/that/is/longer/than/the/window',
    'stays whole',
    '  layerline node --coordinator wss://her',
    'e:7900 --token-file node.token',
    'live 1',
    'live 2',
  ]);
  await screen.resize(90, 6);
  t.same((await screen.everything()).slice(-3), [
    '  layerline node --coordinator wss://here:7900 --token-file node.token',
    'live 1',
    'live 2',
  ]);
});

t.test('lines are cut by the columns that they take, not by their characters', async (t) => {
  const screen = new Screen(10, 4);
  const live = new LiveLines(screen);
  live.show(() => ['數字數字數字', '\x1b[31mred and green\x1b[39m']);
  t.same(await screen.everything(), ['數字數字', 'red and g']);
});

t.test('a text that tries to steer the terminal is spelt out', async (t) => {
  const screen = new Screen(40, 4);
  new LiveLines(screen).say('gone: \x1b[2J');
  t.same(await screen.everything(), ['gone: \\x1b[2J']);
});

t.test('lines that are left stay as they are', async (t) => {
  const screen = new Screen(40, 4);
  const live = new LiveLines(screen);
  live.show(({ columns, rows }) => [`${columns} × ${rows}`]);
  live.leave();
  await screen.resize(50, 5);
  t.same(await screen.everything(), ['39 × 3']);
});

t.test('a window without a size shows nothing until it has one', async (t) => {
  const screen = new Screen(40, 4);
  const live = new LiveLines(screen);
  screen.columns = 0;
  live.show(() => ['here']);
  t.same(await screen.everything(), []);
  await screen.resize(40, 4);
  t.same(await screen.everything(), ['here']);
});
