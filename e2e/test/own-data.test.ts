import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Cluster } from './support/cluster.js';
import { json, layerline } from './support/layerline.js';
import { tableOf, writeCifar, writeIdx } from './support/own-data.js';

interface Result {
  readonly run: string;
  readonly folder: string;
  readonly dataset: string;
  readonly testAccuracy: number;
  readonly validationError: number | null;
  readonly weightsSha256: string;
}

const SMALL = [
  'train',
  '--layers',
  '200,150',
  '--batch',
  '20',
  '--epochs',
  '10',
  '--eval-every',
  '0',
  '--no-dashboard',
];

await t.test('a table with words as labels, in one process and as a pipeline with shards', async (t) => {
  const cwd = t.testdir({ 'colours.csv': tableOf(600, 8) });
  const args = [...SMALL, '--dataset', 'colours.csv', '--validation', '60', '--standardize', '--dropout', '0.1'];
  const whole = await json<Result>(t, [...args, '--single-process'], { cwd });
  t.equal(whole.dataset, 'colours');
  t.ok(whole.testAccuracy > 0.95, `an accuracy of ${whole.testAccuracy}`);
  t.ok((whole.validationError ?? 1) < 0.1, `a validation error of ${whole.validationError}`);
  const cut = await json<Result>(t, [...args, '--shards', '2,1'], { cwd });
  t.equal(cut.weightsSha256, whole.weightsSha256);
  t.equal(cut.validationError, whole.validationError);

  // The data has moved: the run takes it up in its new place, and nothing else in its stead.
  renameSync(join(cwd, 'colours.csv'), join(cwd, 'moved.csv'));
  const gone = await layerline(t, ['evaluate', whole.run], { cwd });
  t.match(gone, {
    code: 1,
    stderr: /colours.csv, which this run has its colours from, is not there any more: .*--data-dir/,
  });
  const moved = ['evaluate', whole.run, '--data-dir', 'moved.csv', '--json'];
  t.equal((await json<Result>(t, moved, { cwd })).testAccuracy, whole.testAccuracy);
  writeFileSync(join(cwd, 'moved.csv'), tableOf(603, 8));
  t.match(await layerline(t, moved, { cwd }), { code: 1, stderr: /moved.csv is not what this run has learned from/ });
});

await t.test('47 classes of pictures of another size, moved about', async (t) => {
  const cwd = t.testdir();
  writeIdx(join(cwd, 'signs'), 47, 14, 47 * 20, 47 * 4);
  const result = await json<Result>(t, [...SMALL, '--dataset', 'signs', '--shift', '1'], { cwd });
  t.ok(result.testAccuracy > 0.8, `an accuracy of ${result.testAccuracy}`);
});

await t.test('coloured pictures', async (t) => {
  const cwd = t.testdir();
  writeCifar(join(cwd, 'pictures'), 400);
  const result = await json<Result>(t, [...SMALL, '--dataset', 'pictures', '--flip', '--epochs', '4'], { cwd });
  t.ok(result.testAccuracy > 0.8, `an accuracy of ${result.testAccuracy}`);
});

await t.test('two machines with the same data under one name', async (t) => {
  const cluster = await Cluster.open(t);
  for (const name of ['ada', 'box']) {
    const file = join(cluster.machine(name).cwd, `at-${name}.csv`);
    writeFileSync(file, tableOf(600, 8));
    await cluster.node(name, undefined, '--dataset', `colours=${file}`);
  }
  const user = cluster.machine('user');
  const args = [...SMALL, ...cluster.way('operator', 'user')].filter((arg) => arg !== '--no-dashboard');
  const spread = await json<Result>(t, [...args, '--dataset', 'colours'], user);
  t.ok(spread.testAccuracy > 0.95, `an accuracy of ${spread.testAccuracy}`);
  writeFileSync(join(user.cwd, 'colours.csv'), tableOf(600, 8));
  const here = await json<Result>(t, [...SMALL, '--dataset', 'colours.csv', '--single-process'], user);
  t.equal(spread.weightsSha256, here.weightsSha256);
  const path = await layerline(t, [...args, '--dataset', './colours.csv'], user);
  t.match(path, {
    code: 2,
    stderr: /is a path, and data belongs to the nodes: start one with layerline node --dataset/,
  });
  const unknown = await layerline(t, [...args, '--dataset', 'shapes'], user);
  t.match(unknown.stderr, /No node has shapes \(there is digits, .*colours\)/);
  t.not(unknown.code, 0);
});

await t.test('what is wrong with data is said in a line, before anything is made', async (t) => {
  const cwd = t.testdir({ 'a.csv': 'x,label\n1,a\n,b\n', empty: {}, 'notes.txt': 'hello' });
  for (const [args, message] of [
    [['train', '--dataset', 'a.csv'], /a.csv, row 3: has no number in column 1 \(x\)/],
    [['train', '--dataset', 'empty'], /empty: is no data set that is known/],
    [['train', '--dataset', 'nothing.csv'], /There is neither a data set nor a file or folder "nothing.csv"/],
    [['datasets', 'inspect', 'notes.txt'], /notes.txt: is no data set that is known/],
  ] as const) {
    const { code, stderr } = await layerline(t, [...args], { cwd });
    t.match(stderr, message);
    t.ok(code === 1 || code === 2, `code ${code}`);
    t.equal(
      stderr
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('layerline:')).length,
      1,
    );
  }
});

await t.test('datasets inspect says what it sees, and draws it', async (t) => {
  const cwd = t.testdir({ 'colours.csv': tableOf(600, 8) });
  writeIdx(join(cwd, 'signs'), 5, 14, 100, 20);
  const table = await json<object>(t, ['datasets', 'inspect', 'colours.csv', '--json'], { cwd });
  t.match(table, {
    format: 'csv',
    kind: 'table',
    width: 8,
    label: 'append',
    inputs: 11,
    rows: { train: 480, test: 120 },
  });
  const drawn = ['datasets', 'inspect', 'signs', '--sheet', 'sheet.png', '--json'];
  t.match(await json<object>(t, drawn, { cwd }), { format: 'idx', label: 'overwrite', sheet: /sheet.png$/ });
  const { stdout } = await layerline(t, ['datasets', 'inspect', 'signs'], { cwd });
  t.match(stdout, /5 classes|class {2}rows/);
});
