import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { layerline, QUICK, start, train } from '../support/layerline.js';
import type { Command } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { isRefusal } from '../support/refusal.js';
import { onlyRun, readLines } from '../support/run-folder.js';
import { freePort } from '../support/system.js';

const LONG = ['--epochs', '100000', '--eval-every', '0'];

/** Where a command says that its dashboard is. */
function toldBy(command: Command): Promise<string> {
  return until(`the dashboard: ${command.stderr}`, () => {
    return /^Dashboard: (\S+) \(layerline dashboard prints an address that signs you in\)$/m.exec(
      command.stdout + command.stderr,
    )?.[1];
  });
}

/** Signs in under an address as the page does. @returns what it is answered, and the headers that it sends from then on */
async function signIn(address: string): Promise<{ answer: unknown; headers: Record<string, string> }> {
  const { origin, hash } = new URL(address);
  const headers = { origin, 'content-type': 'application/json' };
  const body = JSON.stringify({ code: new URLSearchParams(hash.slice(1)).get('code') });
  const response = await fetch(`${origin}/api/session`, { method: 'POST', headers, body });
  const [cookie = ''] = response.headers.getSetCookie()[0]?.split(';') ?? [];
  return { answer: await response.json(), headers: { ...headers, cookie } };
}

/** `layerline dashboard`. @returns the only address that it prints */
async function dashboard(t: Test, cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await layerline(t, ['dashboard', ...args], { cwd });
  t.equal(code, 0, stderr);
  const { port } = new URL(stdout.trim());
  t.match(
    stderr,
    new RegExp(`^From another machine: ssh -L ${port}:127\\.0\\.0\\.1:${port} \\S+, and there http://localhost`),
  );
  return stdout.trim();
}

for (const how of [[], ['--single-process']]) {
  await t.test(`a training is watched in a browser: ${how[0] ?? 'pipeline'}`, async (t) => {
    const cwd = t.testdir();
    const command = start(t, ['train', ...QUICK, ...LONG, ...how, '--json'], { cwd });
    const told = await toldBy(command);
    t.notMatch(command.stdout + command.stderr, /code=/, 'no code is told to what is no terminal');
    t.match(await (await fetch(told)).text(), /<script type="module" crossorigin src="\.\/assets\/index-[\w-]+\.js">/);

    const address = await dashboard(t, cwd, '--role', 'viewer');
    t.ok(address.startsWith(`${told}#code=`), address);
    const { answer, headers } = await signIn(address);
    t.match(answer, { principal: 'viewer' });
    t.match((await signIn(address)).answer, { error: { code: 'ERR_SIGN_IN_CODE' } });
    const folder = await until('the run', () => onlyRun(join(cwd, 'runs')));
    await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
    const { runs } = (await (await fetch(`${told}api/runs`, { headers })).json()) as { runs: { id: string }[] };
    const stop = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${told}api/runs/${runs[0]?.id}/stop`, { method: 'POST', headers, body: '{}' });
    t.match(await (await stop(headers)).json(), { error: { code: 'ERR_FORBIDDEN', message: /signed in as a viewer/ } });
    const operator = await signIn(await dashboard(t, cwd));
    t.equal((await stop(operator.headers)).status, 200);
    t.match(JSON.parse((await command.ended).stdout), { outcome: 'stopped' });
    isRefusal(t, await layerline(t, ['dashboard'], { cwd }), { code: 2, says: ['none of yours is running'] });
  });
}

await t.test('a folder of runs is shown with nothing training', async (t) => {
  const cwd = t.testdir({ runs: {} });
  const { run, testError } = await train(t, join(cwd, 'runs'));
  const command = start(t, ['dashboard', '--runs', 'runs', '--port', `${await freePort()}`], { cwd });
  const address = await until('the address', () => /^\S+#code=\S+(?=\n)/.exec(command.stdout)?.[0]);
  const { origin } = new URL(address);
  t.match(await (await fetch(origin)).text(), /<title>/);
  const { answer, headers } = await signIn(address);
  t.match(answer, { principal: 'viewer' });
  const get = (path: string): Promise<Response> => fetch(`${origin}/api/runs${path}`, { headers });
  t.match(await (await get('')).json(), { runs: [], earlier: [{ id: run, state: 'completed' }] });
  const { series } = (await (await get(`/${run}/series?names=test-error`)).json()) as { series: { last: number[] }[] };
  t.equal(series[0]?.last.at(-1), testError);
  const stream = await fetch(`${origin}/api/runs/${run}/events`, {
    headers: { ...headers, accept: 'text/event-stream' },
  });
  t.match(await stream.text(), /^data: \{"type":"ended".*"outcome":"completed"/m);
  command.kill('SIGINT');
  t.equal((await command.ended).code, 130);

  for (const [folder, says] of [
    ['runs-elsewhere', 'there are no runs in runs-elsewhere'],
    [join('runs', run), `give the folder that it is in, ${join(cwd, 'runs')}`],
  ] as const) {
    isRefusal(t, await layerline(t, ['dashboard', '--runs', folder], { cwd }), { code: 2, says: [says] });
  }
  isRefusal(t, await layerline(t, ['dashboard', '--port', '8000']), { code: 2, says: ['port: it goes with --runs'] });
});

await t.test('a browser stays signed in to a coordinator that is started again', async (t) => {
  const cwd = t.testdir();
  const port = `${await freePort()}`;
  const first = start(t, ['coordinator', '--port', port], { cwd });
  await toldBy(first);
  const { headers } = await signIn(await dashboard(t, cwd));
  first.kill('SIGTERM');
  await first.ended;
  const second = start(t, ['coordinator', '--port', port], { cwd });
  const response = await fetch(`${await toldBy(second)}api/session`, { headers });
  t.match(await response.json(), { principal: 'operator' });
  second.kill('SIGTERM');
});

await t.test('a proxy in front of a coordinator is told of, and let through', async (t) => {
  const cwd = t.testdir();
  const args = ['coordinator', '--port', '0', '--dashboard-url', 'https://desk.example'];
  const coordinator = start(t, args, { cwd });
  t.equal(await toldBy(coordinator), 'https://desk.example/');
  const { stdout } = await layerline(t, ['dashboard'], { cwd });
  t.match(stdout, /^https:\/\/desk\.example\/#code=[\w-]{43}\n$/);
  const wrong = ['coordinator', '--port', '0', '--dashboard-url', 'https://desk.example/layerline'];
  isRefusal(t, await layerline(t, wrong), { code: 2, says: ['dashboard-url', 'without a path'] });
});

await t.test('there is no dashboard where none is wanted', async (t) => {
  const cwd = t.testdir();
  const coordinator = start(t, ['coordinator', '--port', '0', '--no-dashboard'], { cwd });
  await until('the coordinator', () => coordinator.stdout.includes('To train, here:'));
  t.notMatch(coordinator.stdout, /Dashboard/);
  const refused = await layerline(t, ['dashboard'], { cwd });
  isRefusal(t, refused, { says: ['serves no dashboard', 'without --no-dashboard'] });
  for (const option of ['--no-dashboard', '--open']) {
    const elsewhere = await layerline(t, ['train', '--coordinator', option], { cwd });
    isRefusal(t, elsewhere, { code: 2, says: [option.slice(2), 'layerline'] });
  }
});

await t.test(
  'it is opened on request',
  { skip: process.platform !== 'linux' && 'xdg-open is for Linux' },
  async (t) => {
    const cwd = t.testdir({ bin: {} });
    const opened = join(cwd, 'opened');
    const opener = join(cwd, 'bin', 'xdg-open');
    writeFileSync(opener, `#!/bin/sh\nprintf %s "$1" > ${opened}.partial && mv ${opened}.partial ${opened}\n`);
    chmodSync(opener, 0o755);
    const env = { PATH: `${join(cwd, 'bin')}:${process.env['PATH'] ?? ''}` };
    const command = start(t, ['train', ...QUICK, ...LONG, '--single-process', '--open', '--json'], { cwd, env });
    await until('the browser', () => existsSync(opened));
    t.match((await signIn(readFileSync(opened, 'utf8'))).answer, { principal: 'operator' });
    command.kill('SIGINT');
    t.equal((await command.ended).code, 130);
    const none = await layerline(t, ['train', ...QUICK, '--epochs', '1', '--open', '--json'], { cwd });
    t.equal(none.code, 0, 'a machine without a browser trains all the same');
  },
);
