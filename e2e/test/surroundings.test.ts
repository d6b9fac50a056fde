import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { PROGRAM } from './support/layerline.js';

/** A user that no file knows. Only root can become another one. */
const STRANGER = 54_321;
const skip = process.getuid?.() === 0 ? false : 'needs root';

/** Runs the command with no variable but PATH. */
async function bare(
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'] ?? '' };
  const child = spawn('env', ['-i', `PATH=${env.PATH}`, process.execPath, PROGRAM, ...args], {
    cwd,
    env,
    uid: STRANGER,
  });
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

await t.test('an account without a home and without a name trains', { skip }, async (t) => {
  // The test's own folder is not this user's to write to.
  const out = `/tmp/layerline-test-${process.pid}`;
  t.teardown(() => rmSync(out, { recursive: true, force: true }));
  const version = await bare(['--version'], '/');
  t.same([version.code, version.stderr], [0, '']);
  const args = [
    'train',
    '--dataset',
    'digits',
    '--layers',
    '40',
    '--epochs',
    '1',
    '--batch',
    '500',
    '--single-process',
  ];
  const { code, stdout, stderr } = await bare([...args, '--no-dashboard', '--json', '--out', out], '/');
  t.equal(code, 0, stderr);
  t.match(stdout, '"outcome":"completed"');
});

await t.test('a folder that has been removed is no place to begin in', async (t) => {
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
  for (const args of [['train'], ['runs'], ['sweep', 'it.yaml']]) {
    const child = spawn('sh', ['-c', script, 'sh', process.execPath, PROGRAM, ...args], { cwd: t.testdir() });
    const code = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const said = 'layerline: the folder that this is started in is not there any more: cd to another one\n';
    t.same([await code, stdout, stderr], [2, '', said], args.join(' '));
  }
});
