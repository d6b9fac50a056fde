import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LayerObservation } from '@layerline/api';
import t from 'tap';
import { chartOf, glimpse, legendOf, openBrowser, save, seriesGiven, skip, Visitor } from '../support/browser.js';
import { Cluster } from '../support/cluster.js';
import { LAYER_MEASURES } from '../support/measures.js';
import { begin, nextSnapshot, pidOf } from '../support/recovery.js';
import { readLines } from '../support/run-folder.js';
import type { Json } from '../support/run-folder.js';

/** Of the page's numbers, which have three digits or more. */
const ROUNDING = 5e-3;

function lastOf(folder: string, type: string): Json {
  return readLines(join(folder, 'metrics.jsonl')).findLast((line) => line['type'] === type) ?? {};
}

function isStrictlyAscending(steps: readonly number[]): boolean {
  return steps.every((step, index) => index === 0 || step > (steps[index - 1] as number));
}

await t.test('in a browser', { skip }, async (t) => {
  const browser = await openBrowser(t);

  await t.test('a training is watched from its first batch to its end', async (t) => {
    const cluster = await Cluster.open(t);
    await cluster.node('box', undefined);
    const { cwd } = cluster.machine('coordinator');
    const visitor = await Visitor.come(t, browser, cwd);
    const { page } = visitor;
    await page.getByText('No runs yet').waitFor();
    const training = ['train', '--dataset', 'digits', '--layers', '64,48', '--epochs', '3', '--batch', '250'];
    const { run } = await cluster.ask<{ run: string }>(undefined, [...training, '--detach']);
    await visitor.openRun(run, 'Charts');
    const errors = await chartOf(page, 'test-error');
    await page.locator('.following').waitFor();
    await page.locator('.pill', { hasText: 'Completed' }).waitFor();

    const folder = join(cwd, 'runs', run);
    const { testError, perLayerError } = lastOf(folder, 'evaluation') as Json & { perLayerError: number[] };
    const about = (shown: number | undefined, value: unknown, what: string): void => {
      const off = Math.abs((shown ?? NaN) - Number(value));
      t.ok(off <= ROUNDING * Math.abs(Number(value)), `${what}: ${shown} stands for ${String(value)}`);
    };
    const legend = await legendOf(errors);
    about(legend['Run'], testError, 'test error');
    perLayerError.forEach((error, index) => about(legend[`Layer ${index + 1}`], error, `error of layer ${index + 1}`));
    const { layers, step } = lastOf(folder, 'observation') as Json & { layers: LayerObservation[] };
    t.equal(step, 240, 'the last batch is observed');
    for (const [measure, valueOf] of Object.entries(LAYER_MEASURES)) {
      const shown = await legendOf(await chartOf(page, measure));
      layers.forEach((layer, index) =>
        about(shown[`Layer ${index + 1}`], valueOf(layer), `${measure} of layer ${index + 1}`),
      );
    }
    t.same(visitor.faults, []);
  });

  await t.test('a stage dies and recovers before its eyes, and no point is doubled', async (t) => {
    const run = await begin(t, ['--epochs', '1000']);
    const cwd = join(run.folder, '..', '..');
    const visitor = await Visitor.come(t, browser, cwd);
    const { page } = visitor;
    const id = basename(run.folder);
    await visitor.openRun(id, 'Charts');
    await chartOf(page, 'loss');
    await visitor.turnTo('Overview');
    await nextSnapshot(run);
    const seen = [
      glimpse(page, '[role=alert]', 'layer-2'),
      glimpse(page, '.stage.is-restarting', 'layer 2'),
      glimpse(page, '.stage.is-starting', 'layer 1'),
      glimpse(page, '.pill', 'Starting'),
    ];
    process.kill(await pidOf(run, 'layer-2'), 'SIGKILL');
    await Promise.all(seen);
    await page.locator('.events li', { hasText: /Went back to batch|Began again/ }).waitFor();
    await page.locator('.pill', { hasText: 'Training' }).waitFor();
    await page.locator('.run-about', { hasText: '1 restart' }).waitFor();

    const given = seriesGiven(page);
    await visitor.turnTo('Charts');
    const file = await save(await chartOf(page, 'loss'), 'CSV, all points');
    const series = await given();
    t.ok(series.length > 0, 'the page has asked for series');
    for (const { name, step } of series) t.ok(isStrictlyAscending(step), `${name} has no step twice`);
    const [head = '', ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n');
    t.equal(head, 'series,step,at,train_seconds,value');
    const cells = rows.map((row) => row.split(','));
    for (const { name, step } of series.filter((one) => one.name.endsWith('/loss'))) {
      const exported = cells.filter(([series]) => series === name).map(([, step]) => Number(step));
      t.ok(exported.length >= step.length, `all points of ${name} are exported`);
      t.ok(isStrictlyAscending(exported), `${name} is exported with no step twice`);
    }
    run.command.kill('SIGINT');
    await run.command.ended;
    t.same(visitor.faults, []);
  });
});
