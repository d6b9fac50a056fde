import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const PROGRAM = fileURLToPath(new URL('fixtures/keeper-program.js', import.meta.url));
const PROCESSES = 3;

t.test('processes that make a secret at once have the same one, and nothing else is left', async (t) => {
  const folder = t.testdir();
  const keepers = Array.from({ length: PROCESSES }, () => {
    // Without the loaders that tap gives to every process, which take their time.
    return fork(PROGRAM, [folder], { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' } });
  });
  t.teardown(() => keepers.forEach((keeper) => keeper.kill('SIGKILL')));
  await Promise.all(keepers.map((keeper) => once(keeper, 'message')));
  const answers = keepers.map((keeper) => once(keeper, 'message'));
  for (const keeper of keepers) keeper.send('go');
  const kept = (await Promise.all(answers)).map(([answer]) => answer as Record<string, string>);
  t.equal(kept.length, PROCESSES);
  for (const other of kept) t.same(other, kept[0]);
  const keys = join(folder, 'keys');
  t.same(readdirSync(keys).sort(), ['certificate.pem', 'token']);
  t.equal(readFileSync(join(keys, 'token'), 'utf8'), `${kept[0]?.token}\n`);
  if (process.platform === 'win32') return;
  t.equal(statSync(keys).mode & 0o777, 0o700);
  for (const file of readdirSync(keys)) t.equal(statSync(join(keys, file)).mode & 0o777, 0o600, file);
});
