import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PROGRAM } from './support/layerline.js';

const FULL = '/dev/full';

/** Runs a command in a folder, with an open file as its standard output, which is then closed. */
function printInto(cwd: string, output: number, args: readonly string[]): { code: number | null; stderr: string } {
  const line = ['-i', `HOME=${cwd}`, process.execPath, PROGRAM, ...args];
  const { status, stderr } = spawnSync('env', line, { cwd, stdio: ['ignore', output, 'pipe'] });
  closeSync(output);
  return { code: status, stderr: stderr.toString() };
}

t.test('nobody reads what a command prints', { skip: process.platform === 'win32' && 'no named pipes' }, (t) => {
  const cwd = t.testdir();
  const pipe = join(cwd, 'pipe');
  spawnSync('mkfifo', [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const output = openSync(pipe, constants.O_WRONLY);
  closeSync(reader);
  t.same(printInto(cwd, output, ['--help']), { code: 141, stderr: '' }, 'as by SIGPIPE, and says nothing');
  t.end();
});

t.test('what a command prints finds no room', { skip: !existsSync(FULL) && `no ${FULL}` }, (t) => {
  const { code, stderr } = printInto(t.testdir(), openSync(FULL, constants.O_WRONLY), ['runs', '--json']);
  t.equal(code, 1);
  t.match(stderr, /^layerline: some output could not be printed: ENOSPC.*\n$/);
  t.end();
});
