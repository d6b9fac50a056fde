import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { json, layerline, QUICK, start } from '../support/layerline.js';
import { until } from '../support/processes.js';
import { isRefusal } from '../support/refusal.js';
import { onlyRun, readLines } from '../support/run-folder.js';

const LONG = ['--epochs', '100000', '--eval-every', '0'];

/** Where a run stands, as far as it is looked at here. */
interface Status {
  readonly id: string;
  readonly state: string;
  readonly bottleneck: string | null;
  readonly end: { readonly result?: { readonly outcome: string }; readonly error?: { readonly code: string } } | null;
}

await t.test('a run is looked at while it trains in another terminal, and when it has ended', async (t) => {
  const cwd = t.testdir();
  const command = start(t, ['train', ...QUICK, ...LONG], { cwd });
  const folder = await until('the run', () => onlyRun(join(cwd, 'runs')));
  await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
  const run = basename(folder);
  const end = run.slice(-4);
  const printed = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await layerline(t, args, { cwd });
    t.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const running = await printed('status', end);
  t.match(running, new RegExp(`^Run ${run}: running, epoch \\d+ of 100000`));
  t.match(running, /^goodness +positive +negative +separated\nlayer-1 +\S+ +\S+ +\S+ %\nlayer-2 /m);
  t.match(running, /^stage +node +pid +busy/m);
  for (const { args, code } of [
    { args: ['events', end, '--follow'], code: 141 },
    { args: ['status', run, '--watch'], code: 0 },
  ]) {
    const reading = start(t, args, { cwd });
    await until(args.join(' '), () => reading.stdout.includes('\n'));
    reading.stopReading();
    t.match(await reading.ended, { code, stderr: '' }, `${args.join(' ')} ends without a word once nobody reads it`);
  }
  const listener = start(t, ['events', end, '--follow'], { cwd });
  await until('what comes', () => listener.stdout.includes('"type":"progress"'));
  await printed('pause', run);
  t.match(await json<Status>(t, ['status', run], { cwd }), { id: run, state: 'paused', bottleneck: null });
  t.notMatch(await printed('status'), /Bottleneck/);

  const follower = start(t, ['logs', end, 'run', '--follow'], { cwd });
  await until('the log', () => follower.stdout.includes('run: frames flow'));
  t.match(await printed('logs', run, 'layer-2', '--since', '1h'), /^\S+Z layer-2: started$/m);
  t.equal(await printed('logs', run, '--since', '2126-01-01'), '');
  isRefusal(t, await layerline(t, ['logs', run, 'layer-3'], { cwd }), {
    code: 1,
    says: [`Run ${run} has no layer-3: it has feeder, layer-1, layer-2, evaluator, run`],
  });
  await printed('stop', run);
  t.equal((await follower.ended).code, 0, 'it ends with the run');
  t.equal((await command.ended).code, 0);
  const heard = (await listener.ended).stdout.trimEnd().split('\n');
  t.match(JSON.parse(heard.at(-1) ?? ''), { type: 'ended', end: { result: { run, outcome: 'stopped' } } });

  t.match(await printed('status', end), new RegExp(`^Run ${run}: stopped, epoch \\d+ of 100000`));
  t.match(await json<Status>(t, ['status', run], { cwd }), { state: 'ended', end: { result: { outcome: 'stopped' } } });
  t.match(await printed('logs', end, 'layer-2', '--follow'), /^\S+Z layer-2: started$/m);
  isRefusal(t, await layerline(t, ['status', 'nobody'], { cwd }), { code: 1, says: ['There is no run nobody'] });
});

await t.test('a run that opens no socket is looked at in its folder, even when it is killed', async (t) => {
  const cwd = t.testdir();
  const command = start(t, ['train', ...QUICK, ...LONG, '--single-process', '--no-dashboard'], { cwd });
  const folder = await until('the run', () => onlyRun(join(cwd, 'runs')));
  await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
  const [run = ''] = readdirSync(join(cwd, 'runs'));
  const { stdout } = await layerline(t, ['status', run], { cwd });
  t.match(stdout, /running, epoch .*\n[^]*No coordinator of yours has this run: that is what its folder says\n$/);
  isRefusal(t, await layerline(t, ['events', run, '--follow'], { cwd }), {
    code: 1,
    says: [`Run ${run} is under way, but no coordinator of yours tells of it: leave out --follow`],
  });
  const follower = start(t, ['logs', run, '--follow'], { cwd });
  await until('the log', () => follower.stdout.includes('run: frames flow'));
  command.kill('SIGKILL');
  t.equal((await follower.ended).code, 0);
  t.match(await json<Status>(t, ['status', run], { cwd }), {
    state: 'ended',
    end: { error: { code: 'ERR_RUN_DIED' } },
  });
});
