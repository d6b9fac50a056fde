import { PassThrough } from 'node:stream';
import { applyPreset, networkOf } from '@layerline/plan';
import t from 'tap';
import { openDisplay } from '../src/display/open-display.js';
import { breaksAnew, canRedraw, widthOf, wrapped } from '../src/display/output.js';
import type { Output } from '../src/display/output.js';
import { PlainDisplay } from '../src/display/plain-display.js';
import { printLine } from '../src/display/print-line.js';
import { Screen } from './support/screen.js';

const terminal = (columns: number, rows: number): Output & PassThrough =>
  Object.assign(new PassThrough(), { isTTY: true, columns, rows });

t.test('lines are redrawn on terminals that can, and nowhere else', async (t) => {
  const plain: NodeJS.ProcessEnv = { TERM: 'xterm' };
  t.equal(canRedraw(terminal(80, 24), plain), true);
  t.equal(canRedraw(terminal(80, 24), { ...plain, NO_COLOR: '1' }), true, 'it is about colours alone');
  t.equal(canRedraw(terminal(80, 24), { ...plain, CI: 'false' }), true);
  t.equal(canRedraw(terminal(80, 24), { ...plain, CI: 'true' }), false);
  t.equal(canRedraw(terminal(80, 24), { TERM: 'dumb' }), false);
  t.equal(canRedraw(terminal(0, 0), plain), false);
  t.equal(canRedraw(terminal(80, 0), plain), false);
  t.equal(canRedraw(new PassThrough(), plain), false);
});

t.test('terminals break lines anew, but for those that say that they are others', async (t) => {
  t.equal(breaksAnew({}), true);
  t.equal(breaksAnew({ XTERM_VERSION: 'XTerm(390)' }), false);
  t.equal(breaksAnew({ STY: '1.pts-0' }), false);
  t.equal(breaksAnew({ XTERM_VERSION: 'XTerm(390)', TMUX: '/tmp/tmux-0/default,1,0' }), true, 'tmux, in xterm');
});

t.test('a terminal without a size is told plain lines', async (t) => {
  const output = terminal(0, 0);
  const plan = { ...networkOf(applyPreset('quick', {})), epochs: 1, evalEvery: 1, batchesPerEpoch: 1 };
  const display = openDisplay(output, plan, false);
  t.type(display, PlainDisplay);
  display.say('as long as it likes '.repeat(20).trim());
  t.equal(String(output.read()), `${'as long as it likes '.repeat(20).trim()}\n`);
});

t.test('the width of text is that of a window but for its last column, and no limit elsewhere', async (t) => {
  t.equal(widthOf(terminal(80, 24)), 79);
  t.equal(widthOf(terminal(1, 24)), 1);
  t.equal(widthOf(terminal(0, 0)), Infinity);
  t.equal(widthOf(new PassThrough()), Infinity);
});

t.test('lines are broken between words, and what is to be copied stays whole', async (t) => {
  t.equal(wrapped('one two three\nfour', 8), 'one two\nthree\nfour');
  t.equal(wrapped('see /a/long/path here', 8), 'see\n/a/long/path\nhere');
  t.equal(wrapped('  a command with options', 8), '  a command with options');
  t.equal(wrapped('one two three', Infinity), 'one two three');
});

t.test('a line is broken on a terminal, and whole in a pipe', async (t) => {
  const line = 'Run folder: runs/2026-01-01T00-00-00-0000';
  const screen = new Screen(40, 4);
  printLine(line, screen);
  t.same(await screen.everything(), ['Run folder:', 'runs/2026-01-01T00-00-00-0000']);
  const pipe = new PassThrough({ encoding: 'utf8' });
  printLine(line, pipe);
  t.equal(pipe.read(), `${line}\n`);
});
