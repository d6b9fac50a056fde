import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Page } from 'playwright-core';
import {
  barriersIn,
  chartOf,
  legendOf,
  openBrowser,
  RUN_PAGES,
  runFragment,
  skip,
  Visitor,
} from '../support/browser.js';
import { Cluster } from '../support/cluster.js';
import { TRAIN } from '../support/foreign.js';
import { QUICK } from '../support/layerline.js';

/** Runs if anything takes it for markup. */
const SCRIPT = '<img src=x onerror="document.title=\'run\'">';
const PHONE = { width: 390, height: 844 } as const;
const DESK = { width: 1280, height: 900 } as const;
const FRAMES = 100;

/** Whether a page stays wider than the screen, for more frames than it takes to adapt to a new one. */
function overflows(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(`new Promise((resolve) => {
    const { documentElement } = document;
    const look = (frames) => {
      const wider = documentElement.scrollWidth > documentElement.clientWidth;
      if (!wider || frames === 0) resolve(wider);
      else requestAnimationFrame(() => look(frames - 1));
    };
    look(${FRAMES});
  })`);
}

/** Waits until nothing is on its way any more. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
}

await t.test('in a browser', { skip }, async (t) => {
  const browser = await openBrowser(t);
  const cluster = await Cluster.open(t);
  const { cwd } = cluster.machine('coordinator');
  const talker = join(cwd, 'talk.sh');
  writeFileSync(talker, `echo '${SCRIPT.replaceAll("'", `'"'"'`)}' >&2\nexit 1\n`);
  await cluster.node('box', undefined, '--program', `reservoir=sh ${talker}`);
  const trained = async (...args: readonly string[]): Promise<string> => {
    const { run } = await cluster.ask<{ run: string }>(undefined, ['train', ...QUICK, ...args]);
    return run;
  };
  const ended = await trained('--seed', '1');
  const other = await trained('--seed', '1', '--learning-rate', '0.001');
  const group = `${SCRIPT} of a group`;
  const grouped = [
    await trained('--group', group, '--learning-rate', '0.002'),
    await trained('--group', group, '--learning-rate', '0.004'),
  ];
  const named = `${SCRIPT} of a run`;
  cpSync(join(cwd, 'runs', ended), join(cwd, 'runs', named), { recursive: true });
  const views = [
    '#/',
    ...RUN_PAGES.map((page) => `${runFragment(ended)}/${page.toLowerCase()}`),
    `#/compare?runs=${ended},${other}`,
  ];

  for (const colorScheme of ['light', 'dark'] as const) {
    await t.test(`every view can be used by everyone, on every screen: ${colorScheme}`, async (t) => {
      const visitor = await Visitor.come(t, browser, cwd, { colorScheme });
      const { page } = visitor;
      t.equal(await page.evaluate('document.documentElement.dataset.theme'), colorScheme);
      for (const view of views) {
        await page.goto(`${visitor.origin}/${view}`);
        await settled(page);
        t.same(await barriersIn(page), [], view);
        await page.setViewportSize(PHONE);
        t.notOk(await overflows(page), `${view} on a phone`);
        t.same(await barriersIn(page), [], `${view} on a phone`);
        await page.setViewportSize(DESK);
      }
      t.same(visitor.faults, []);
      await visitor.context.close();
    });
  }

  await t.test('a theme is chosen, and kept', async (t) => {
    const visitor = await Visitor.come(t, browser, cwd, { colorScheme: 'light' });
    const { page } = visitor;
    await page.getByRole('group', { name: 'Theme' }).getByText('Dark').click();
    const ground = (): Promise<string> => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const dark = await ground();
    await page.reload();
    await page.locator('.who').waitFor();
    t.equal(await ground(), dark);
    t.ok((/\d+/.exec(dark)?.[0] ?? NaN) < '64', `${dark} is dark`);
    await visitor.context.close();
  });

  await t.test('two runs are compared', async (t) => {
    const visitor = await Visitor.come(t, browser, cwd);
    const { page } = visitor;
    for (const run of [ended, other]) await page.getByLabel(`Compare ${run}`, { exact: true }).check();
    await page.getByRole('link', { name: 'Compare 2 runs' }).click();
    const results = page.getByRole('region', { name: 'Results of the runs' });
    await results.getByRole('row').filter({ hasText: other }).waitFor();
    t.equal(await results.locator('tbody tr').count(), 2);
    const settings = page.getByRole('region', { name: 'Settings of the runs' });
    t.match(await settings.locator('tbody tr').allInnerTexts(), [/learningRate\s+0\.003\s+0\.001/]);
    const chart = await chartOf(page, 'loss');
    t.same(Object.keys(await legendOf(chart)), [ended, other]);
    t.same(visitor.faults, []);
    await visitor.context.close();
  });

  await t.test('runs of a group are listed as one, and chosen as one', async (t) => {
    const visitor = await Visitor.come(t, browser, cwd);
    const { page } = visitor;
    const row = page.getByRole('row').filter({ hasText: group });
    await row.waitFor();
    t.match(await row.innerText(), /2\srun.*2 completed.*100\s%.*best \d+\.\d\d\s%/s);
    const [first = '', second = ''] = grouped;
    t.equal(await page.getByText(first, { exact: true }).count(), 0, 'closed at first');
    await page.getByRole('button', { name: group }).click();
    t.match(await page.getByRole('row').filter({ hasText: first }).innerText(), /learningRate 0\.002/);
    t.same(await barriersIn(page), []);
    await page.getByLabel(`Compare ${first}`, { exact: true }).check();
    const all = page.getByLabel(`Compare all of ${group}`, { exact: true });
    t.ok(await all.evaluate((box: unknown) => (box as { indeterminate: boolean }).indeterminate));
    await all.check();
    await page.getByRole('link', { name: 'Compare 2 runs' }).click();
    // The newest comes first.
    t.equal(await page.evaluate<string>('location.hash'), `#/compare?runs=${second},${first}`);
    const settings = page.getByRole('region', { name: 'Settings of the runs' });
    await settings.getByRole('columnheader').filter({ hasText: first }).waitFor();
    t.match(await settings.locator('tbody tr').allInnerTexts(), [/learningRate\s+0\.004\s+0\.002/]);
    t.same(visitor.faults, []);
    await visitor.context.close();
  });

  await t.test('what comes from outside is text', async (t) => {
    const visitor = await Visitor.come(t, browser, cwd);
    const { page } = visitor;
    await page.getByRole('link', { name: named }).click();
    await page.getByRole('heading', { name: named }).waitFor();
    for (const name of RUN_PAGES) {
      await visitor.turnTo(name);
      await settled(page);
      t.equal(await page.locator('img[src=x]').count(), 0, name);
    }
    const failing = [...TRAIN, '--epochs', '1', '--detach'];
    const { run } = await cluster.ask<{ run: string }>(undefined, failing);
    await visitor.openRun(run, 'Log');
    await page.locator('.log', { hasText: SCRIPT }).waitFor();
    t.equal(await page.locator('img[src=x]').count(), 0, 'log');
    t.not(await page.title(), 'run');
    t.same(visitor.faults, []);
  });
});
