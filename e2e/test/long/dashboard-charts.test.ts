import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Locator, Page } from 'playwright-core';
import { chartOf, legendOf, openBrowser, runFragment, save, seriesGiven, skip, Visitor } from '../support/browser.js';
import { Cluster } from '../support/cluster.js';
import { QUICK } from '../support/layerline.js';
import { readLines } from '../support/run-folder.js';
import type { Json } from '../support/run-folder.js';

const POINTS = 10_000;
const SPIKE = { step: 5001, value: 1234 } as const;

/** Draws a rectangle over a chart with the mouse, from one share of its width to another. */
async function zoomInto(page: Page, chart: Locator, from: number, to: number): Promise<void> {
  const { x, y, width, height } = (await chart.locator('.u-over').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(x + from * width, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + to * width, y + height / 2, { steps: 5 });
  await page.mouse.up();
  await page.mouse.move(0, 0);
}

/** What of the x axis a page shows, by its address. */
function zoomOf(page: Page): string | null {
  return new URLSearchParams(new URL(page.url()).hash.split('?')[1]).get('zoom');
}

/** The pixels that are drawn. */
function pictureOf(chart: Locator): Promise<string> {
  return chart.locator('canvas').evaluate((canvas: unknown) => (canvas as { toDataURL(): string }).toDataURL());
}

/** Makes of a run another one that has ended, with many observations, all alike but for one. */
function copyWithSpike(run: string, copy: string): void {
  cpSync(run, copy, { recursive: true });
  const lines = readLines(join(run, 'metrics.jsonl'));
  const observation = lines.findLast(({ type }) => type === 'observation') as Json & { layers: Json[] };
  const [first = {}, ...others] = observation.layers;
  const observations = Array.from({ length: POINTS }, (_, index) => {
    const step = index + 1;
    const loss = step === SPIKE.step ? SPIKE.value : 0.5 + 0.1 * Math.sin(step);
    return { ...observation, id: `0.0.${step}`, step, layers: [{ ...first, loss }, ...others] };
  });
  writeFileSync(join(copy, 'metrics.jsonl'), observations.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

await t.test('in a browser', { skip }, async (t) => {
  const browser = await openBrowser(t);
  const cluster = await Cluster.open(t);
  await cluster.node('box', undefined);
  const { cwd } = cluster.machine('coordinator');
  const begin = async (...args: readonly string[]): Promise<string> => {
    const { run } = await cluster.ask<{ run: string }>(undefined, ['train', ...QUICK, ...args, '--detach']);
    return run;
  };
  const visitor = await Visitor.come(t, browser, cwd, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = visitor;

  await t.test('a zoom stays under updates, and is left by following again', async (t) => {
    const run = await begin('--epochs', '100000', '--eval-every', '0');
    await visitor.openRun(run, 'Charts');
    const chart = await chartOf(page, 'loss');
    await page.locator('.following').waitFor();
    await zoomInto(page, chart, 0.2, 0.6);
    const missed = page.locator('.frozen', { hasText: /Frozen · [\d,]+ new points/ });
    const countOf = async (): Promise<number> =>
      Number(/([\d,]+) new/.exec(await missed.innerText())?.[1]?.replaceAll(',', ''));
    const missMore = async (): Promise<void> => {
      const before = await countOf();
      while ((await countOf()) <= before + 20);
    };
    // The part that was zoomed into is shown more finely once that has come.
    await missMore();
    const [zoom, shown, picture] = [zoomOf(page), await legendOf(chart), await pictureOf(chart)];
    t.match(zoom, /^[\d.]+~[\d.]+$/);
    await missMore();
    t.equal(zoomOf(page), zoom, 'the same part is shown');
    t.same(await legendOf(chart), shown, 'with the same values');
    t.ok((await pictureOf(chart)) === picture, 'in the same picture');

    await page.getByRole('button', { name: 'Follow' }).click();
    await page.locator('.following').waitFor();
    t.equal(zoomOf(page), null);
    const followed = await pictureOf(chart);
    while ((await pictureOf(chart)) === followed);
    await cluster.operate(undefined, ['stop', run]);
    await page.locator('.pill', { hasText: 'Stopped' }).waitFor();
  });

  const ended = await begin('--epochs', '2');
  await t.test('a link restores the view that it was copied from', async (t) => {
    await visitor.openRun(ended, 'Charts');
    await page.locator('.pill', { hasText: 'Completed' }).waitFor();
    await page.getByLabel('X axis').selectOption({ label: 'Epochs' });
    await page.getByRole('button', { name: 'Log y' }).click();
    await page.getByRole('button', { name: 'Layer 2' }).click();
    const smoothed = page.waitForResponse((response) => response.url().includes('smoothing='));
    await page.getByLabel('Smoothing').fill('5');
    await smoothed;
    await zoomInto(page, await chartOf(page, 'positive-goodness'), 0.3, 0.8);
    await page.locator('.frozen', { hasText: 'Zoomed' }).waitFor();
    const viewOf = async (page: Page) => {
      const chart = await chartOf(page, 'positive-goodness');
      return {
        address: page.url(),
        axis: await page.getByLabel('X axis').inputValue(),
        smoothing: await page.getByLabel('Smoothing').inputValue(),
        pressed: await page.locator('.chart-bar [aria-pressed=true]').allInnerTexts(),
        legend: await legendOf(chart),
      };
    };
    const view = await viewOf(page);
    t.match(view, { axis: 'epoch', pressed: ['Log y', 'Events', 'Run', 'Layer 1'] });
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    const other = await visitor.context.newPage();
    await other.goto(link);
    await other.locator('.frozen', { hasText: 'Zoomed' }).waitFor();
    t.same(await viewOf(other), view);
    await other.close();
  });

  await t.test('a spike among many thousand points is seen', async (t) => {
    const folder = join(cwd, 'runs', ended);
    copyWithSpike(folder, `${folder}-spike`);
    const given = seriesGiven(page);
    await visitor.openRun(`${ended}-spike`, 'Charts');
    const chart = await chartOf(page, 'loss');
    const svg = readFileSync(await save(chart, 'SVG'), 'utf8');
    const series = (await given()).find(({ name }) => name === 'layer-1/loss');
    t.ok((series?.step.length ?? NaN) < POINTS / 4, 'the answer has been thinned');
    t.equal(Math.max(...(series?.greatest ?? [])), SPIKE.value);
    t.match(svg, />1000</, 'the y axis reaches up to it');

    await page.goto(`${visitor.origin}/${runFragment(`${ended}-spike`)}/charts?zoom=4900~${SPIKE.step}`);
    await page.locator('.frozen').waitFor();
    await chart.locator('.legend-value', { hasText: '1,234' }).waitFor();
  });

  t.same(visitor.faults, []);
});
