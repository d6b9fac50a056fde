import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { layerline, QUICK, start } from './support/layerline.js';
import { until } from './support/processes.js';

const CWD = t.testdir();

/** What a command that ends well prints. */
async function printed(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await layerline(t, args, { cwd: CWD });
  if (code !== 0) throw new Error(`layerline ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

const SINGLE = [...QUICK, '--single-process', '--no-dashboard', '--quiet'];
await printed('train', ...SINGLE, '--epochs', '2');
await printed('train', ...SINGLE, '--objective', 'threshold');
const [first = '', second = ''] = readdirSync(join(CWD, 'runs')).sort();

await t.test('runs are listed with what they were set up as, in the order that is wanted', async (t) => {
  const list = await printed('runs');
  t.match(list, /^run +state +started +network +objective +seed +data set +epochs +test error +best +images\/s$/m);
  const here = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d';
  t.match(list, new RegExp(`^${first} +completed +${here} +64-48 +silu +1 +digits +2 +\\S+ % +\\S+ % +[\\d,]+$`, 'm'));
  t.match(list, new RegExp(`^${second} +completed +${here} +64-48 +threshold +1 +digits +1 `, 'm'));
  t.ok(list.indexOf(second) < list.indexOf(first), 'the newest first');
  const errors = (
    JSON.parse(await printed('runs', '--sort', 'error', '--json')) as { result: { testError: number } }[]
  ).map(({ result }) => result.testError);
  t.same(
    errors,
    errors.toSorted((a, b) => a - b),
  );
  t.match(await printed('runs', '--limit', '1'), '1 more: --limit 2');
  t.match(await printed('runs', '--state', 'failed,died'), 'No runs that are failed or died in runs');
  t.match(
    await printed('runs', '--objective', 'threshold', '--since', '1h', '--dataset', 'digits', '--sort', 'best'),
    second,
  );
  t.notMatch(await printed('runs', '--objective', 'threshold'), first);
  t.match(
    await printed('runs', '--since', '2126-01-01', '--dataset', 'mnist'),
    'No runs on mnist since 2126-01-01 00:00 in runs',
  );
  t.match(await layerline(t, ['runs', '--state', 'good'], { cwd: CWD }), { code: 2, stderr: /there is no "good"/ });
});

await t.test('a run is shown by the end of its id, and named in full where several are meant', async (t) => {
  const shown = await printed('runs', 'show', second.slice(-4));
  t.match(shown, new RegExp(`^run +${second}$`, 'm'));
  t.match(shown, /^epochs +1 of 1$/m);
  t.match(shown, /^test error +\S+ %, the best \S+ %$/m);
  t.match(shown, /^objective +threshold$/m);
  const kept = JSON.parse(await printed('runs', 'show', first, '--json')) as { id: string; testErrors: number[] };
  t.same([kept.id, kept.testErrors.length], [first, 2]);
  const several = await layerline(t, ['runs', 'show', first.slice(0, 10)], { cwd: CWD });
  t.match(several, { code: 1, stderr: new RegExp(`may be ${first}, ${second}: name one of them`) });
});

await t.test('the events of a run are printed, a line of JSON each', async (t) => {
  const lines = (await printed('events', second)).trimEnd().split('\n');
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
  t.ok(types.includes('evaluation') && types.includes('observation'), [...new Set(types)].join());
  t.equal(types.at(-1), 'ended');
  const live = (await printed('train', ...SINGLE, '--events')).trimEnd().split('\n');
  const liveTypes = live.map((line) => (JSON.parse(line) as { type: string }).type);
  t.same([liveTypes[0], liveTypes.at(-1)], ['run', 'ended']);
});

await t.test('the runs of a coordinator are listed, shown and removed like those in a folder', async (t) => {
  const coordinator = start(t, ['coordinator', '--port', '0'], { cwd: CWD });
  await until('the coordinator', () => coordinator.stdout.includes('To train, here:'));
  t.equal(await printed('runs', '--coordinator'), await printed('runs'));
  const shown = async (...args: readonly string[]): Promise<object> => {
    const details = JSON.parse(await printed('runs', 'show', first, '--json', ...args)) as { folder: string };
    return { ...details, folder: basename(details.folder) };
  };
  t.same(await shown('--coordinator'), await shown());
  t.match(await printed('runs', 'show', first.slice(-4), '--coordinator'), new RegExp(`^run +${first}$`, 'm'));
  t.match(await layerline(t, ['runs', 'rm', first, 'nothing', '--coordinator'], { cwd: CWD }), {
    code: 1,
    stderr: /There is no run nothing at ws:\/\/127\.0\.0\.1:\d+/,
  });
  const both = await layerline(t, ['runs', 'show', first, '--out', 'runs', '--coordinator'], { cwd: CWD });
  t.match(both, { code: 2, stderr: /'--coordinator \[address\]' cannot be used with option '--out <folder>'/ });
  const [extra = ''] = readdirSync(join(CWD, 'runs')).filter((id) => id !== first && id !== second);
  t.match(await printed('runs', 'rm', extra.slice(-4), '--coordinator'), `Removed ${extra}`);
  t.notOk(existsSync(join(CWD, 'runs', extra)));
  coordinator.kill('SIGTERM');
  await coordinator.ended;
  await printed('train', ...SINGLE);
});

await t.test('runs are removed by name, or those that came to nothing', async (t) => {
  const [third = ''] = readdirSync(join(CWD, 'runs')).filter((id) => id !== first && id !== second);
  t.match(await printed('runs', 'rm', third.slice(-4)), `Removed ${third}`);
  t.notOk(existsSync(join(CWD, 'runs', third)));
  t.match(await layerline(t, ['runs', 'rm', first, 'nothing'], { cwd: CWD }), { code: 1, stderr: /no run nothing/ });
  t.match(await layerline(t, ['runs', 'rm', first, '--state', 'failed'], { cwd: CWD }), {
    code: 2,
    stderr: 'layerline: state: it has no effect on layerline runs rm\n',
  });
  t.ok(existsSync(join(CWD, 'runs', first)), 'all of them or none');
  t.match(await printed('runs', 'prune', '--state', 'completed'), '2 runs would go. With --yes they do');
  t.match(await printed('runs', 'prune', '--older-than', '1', '--state', 'completed'), '0 runs would go');
  await printed('runs', 'prune', '--state', 'completed', '--yes');
  t.same(readdirSync(join(CWD, 'runs')), []);
});

await t.test('presets are listed, and what a training would be is said', async (t) => {
  const presets = await printed('presets');
  t.match(presets, /^quick +500,500 +5$/m);
  t.match(presets, /^objective +silu$/m);
  t.match(await printed('train', ...QUICK, '--dry-run'), /^layer-1 .* 784 → 64 .*\n[^]*Parameters in all: 53,360$/m);
  t.same(readdirSync(join(CWD, 'runs')), [], 'and nothing is trained');
});

await t.test('the commands are in groups, each in one', async (t) => {
  const help = await printed('--help');
  t.same(help.match(/^[A-Z].*:$/gm), [
    'Options:',
    'Train:',
    'Runs and their models:',
    'Runs that are under way:',
    'Layers and stages of a run that is under way:',
    'Several machines:',
    'This machine:',
  ]);
});

await t.test('options have groups and defaults, and names from elsewhere a hint', async (t) => {
  const help = await printed('train', '--help');
  for (const group of ['Data:', 'Network:', 'Learning:', 'Judging:', 'Where and how it runs:'])
    t.match(help, `\n${group}\n`);
  t.match(help.replaceAll(/\s+/g, ' '), '--batch <n> pairs of a positive and a negative row in a batch (default: 100)');
  for (const [option, meant] of [
    ['--lr', '--learning-rate'],
    ['--batch-size', '--batch'],
    ['-b', '--batch'],
    ['--lr-decay', '--schedule'],
  ] as const) {
    const { code, stderr } = await layerline(t, ['train', option, '1'], { cwd: CWD });
    t.equal(code, 2);
    t.match(stderr, `layerline: unknown option '${option}' (here it is ${meant}`);
  }
  const { stderr } = await layerline(t, ['train', '--device', 'cuda'], { cwd: CWD });
  t.equal(
    stderr,
    "layerline: unknown option '--device' (it computes on processors alone, and --engine says with what)\n",
  );
});
