import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

await t.test('engines install tells what is wrong in one line, and leaves nothing behind', async (t) => {
  const folder = t.testdir({ 'notes.txt': 'a text' });
  const home = join(folder, 'native');
  const install = (...args: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, [MAIN, 'engines', 'install', ...args], {
      env: { ...process.env, LAYERLINE_TENSORFLOW: home, TFJS_NODE_CDN_STORAGE: 'http://127.0.0.1:1/' },
      encoding: 'utf8',
    });

  for (const args of [[], ['torch'], ['tensorflow', '--library'], ['tensorflow', '--from', 'x']]) {
    const { status, stderr } = install(...args);
    t.equal(status, 2, `"${args.join(' ')}" is wrong use`);
    t.match(stderr, /^layerline: [^\n]+\n$/);
  }
  const gone = join(folder, 'gone');
  const { status, stderr } = install('tensorflow', '--library', gone);
  t.equal(status, 1);
  t.match(stderr, /^layerline: [^\n]+\n$/);
  t.same(readdirSync(home), []);
});

await t.test('engines install offers no options that do nothing', (t) => {
  const { stdout } = spawnSync(process.execPath, [MAIN, 'engines', 'install', '--help'], { encoding: 'utf8' });
  t.match(stdout, '--library');
  t.notMatch(stdout, '--json');
  t.end();
});
