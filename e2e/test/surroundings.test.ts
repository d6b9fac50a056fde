import { spawn, spawnSync } from 'node:child_process';
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

/** Runs the command in namespaces of its own. @param options of unshare @param before shell commands that come first */
async function apart(
  options: string,
  before: string,
  args: readonly string[],
  cwd: string,
): Promise<[number | null, string]> {
  const child = spawn(
    'unshare',
    [options, 'sh', '-c', `${before}; exec "$@"`, 'sh', process.execPath, PROGRAM, ...args],
    {
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  const said = await text(child.stderr);
  return [await code, said];
}

const SMALL = ['train', '--dataset', 'digits', '--layers', '40,40', '--epochs', '1', '--batch', '500', '--quiet'];
const noNamespaces = spawnSync('unshare', ['-nm', 'true']).status === 0 ? false : 'needs namespaces of its own';

await t.test('without /proc, a pipeline trains', { skip: noNamespaces }, async (t) => {
  const [code, said] = await apart('-m', 'mount -t tmpfs none /proc', SMALL, t.testdir());
  t.equal(code, 0, said);
});

await t.test('without loopback, a pipeline says so and ends', { skip: noNamespaces }, async (t) => {
  const [code, said] = await apart('-n', 'true', SMALL, t.testdir());
  t.equal(code, 1);
  t.match(said, /^layerline: .*dialling ws:\/\/127\.0\.0\.1:\d+: it cannot be reached from here.*\n$/);
  const [alone, nothing] = await apart('-n', 'true', [...SMALL, '--single-process', '--no-dashboard'], t.testdir());
  t.same([alone, nothing], [0, '']);
});
