import { join } from 'node:path';
import t from 'tap';
import type { Page } from 'playwright-core';
import { glimpse, openBrowser, runFragment, skip, Visitor } from '../support/browser.js';
import { Cluster } from '../support/cluster.js';
import { QUICK } from '../support/layerline.js';
import { readLines, snapshotSteps } from '../support/run-folder.js';

/** One more than the connections that a browser has to a host. */
const TABS = 7;

/** What Chromium does to a tab when another is in front; without a screen, it takes all tabs to be seen. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));`,
  );
}

/** Asks for an action, and confirms it. */
async function order(page: Page, label: string): Promise<void> {
  await page.getByRole('group', { name: 'Steer the run' }).getByRole('button', { name: label }).click();
  await page.getByRole('dialog').getByRole('button', { name: label }).click();
}

await t.test('in a browser', { skip }, async (t) => {
  const browser = await openBrowser(t);
  const cluster = await Cluster.open(t);
  await cluster.node('box', undefined);
  const { cwd } = cluster.machine('coordinator');
  const long = ['train', ...QUICK, '--epochs', '100000', '--eval-every', '0', '--snapshot-every', '0'];
  const { run } = await cluster.ask<{ run: string }>(undefined, [...long, '--detach']);
  const folder = join(cwd, 'runs', run);
  const evaluations = (): number =>
    readLines(join(folder, 'metrics.jsonl')).filter(({ type }) => type === 'evaluation').length;

  await t.test('a viewer is told why he cannot steer', async (t) => {
    const viewer = await Visitor.come(t, browser, cwd, { role: 'viewer' });
    const { page } = viewer;
    await viewer.openRun(run);
    await page.locator('.pill', { hasText: 'Training' }).waitFor();
    await page.getByText('Signed in as a viewer: only operators steer runs').waitFor();
    const buttons = await page.getByRole('group', { name: 'Steer the run' }).getByRole('button').all();
    t.equal(buttons.length, 4);
    for (const button of buttons) {
      t.ok(await button.isDisabled());
      t.match(await button.getAttribute('title'), 'You are signed in as a viewer, who may not steer runs');
      await button.click({ force: true });
    }
    t.equal(await page.getByRole('dialog').count(), 0);
    t.same(viewer.faults, []);
    await viewer.context.close();
  });

  await t.test('an operator is obeyed', async (t) => {
    const operator = await Visitor.come(t, browser, cwd);
    const { page } = operator;
    await operator.openRun(run);
    await page.locator('.pill', { hasText: 'Training' }).waitFor();

    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    t.equal(await page.getByRole('dialog').count(), 0);
    await order(page, 'Pause');
    await page.locator('.pill', { hasText: 'Paused' }).waitFor();
    await order(page, 'Resume');
    await page.locator('.pill', { hasText: 'Training' }).waitFor();

    t.same(snapshotSteps(join(folder, 'snapshots')), []);
    await order(page, 'Snapshot now');
    await page.locator('.events li', { hasText: /Snapshot of batch [\d,]+ stored/ }).waitFor();
    t.equal(snapshotSteps(join(folder, 'snapshots')).length, 1);

    t.equal(evaluations(), 0);
    const asked = glimpse(page, '.controls .is-pending', 'Evaluating…');
    await order(page, 'Evaluate now');
    await asked;
    await page.locator('.events li', { hasText: /Test error [\d.]+\s% in epoch/ }).waitFor();
    t.equal(evaluations(), 1);
    await operator.turnTo('Charts');
    await page.locator('[data-chart="test-error"] .legend-value', { hasText: '%' }).first().waitFor();
    t.same(operator.faults, []);
    await operator.context.close();
  });

  await t.test('as many tabs as anyone opens are live', async (t) => {
    const visitor = await Visitor.come(t, browser, cwd);
    const pages = [visitor.page];
    await visitor.openRun(run);
    const badge = (page: Page) => page.locator('.connection');
    for (let tab = 1; tab < TABS; tab++) {
      await badge(pages.at(-1) as Page)
        .getByText('live')
        .waitFor();
      await setHidden(pages.at(-1) as Page, true);
      pages.push(await visitor.tab(runFragment(run)));
    }
    await badge(pages.at(-1) as Page)
      .getByText('live')
      .waitFor();
    t.match(await badge(visitor.page).innerText(), 'resting');
    await setHidden(visitor.page, false);
    await badge(visitor.page).getByText('live').waitFor();
    t.same(visitor.faults, []);
    await visitor.context.close();
  });

  await t.test('a coordinator that is gone is missed, and its return noticed', async (t) => {
    const visitor = await Visitor.come(t, browser, cwd);
    const { page } = visitor;
    await visitor.openRun(run);
    await page.locator('.connection', { hasText: /^\s*live$/ }).waitFor();
    cluster.coordinator.kill('SIGKILL');
    await cluster.coordinator.ended;
    await page.locator('.connection', { hasText: /^\s*disconnected, as of \d+\s\w+ ago$/ }).waitFor();
    await cluster.startCoordinator();
    await page.locator('.connection', { hasText: /^\s*live$/ }).waitFor();
    await page.locator('.events li', { hasText: /Went back to batch|Began again/ }).waitFor();
    await page.locator('.pill', { hasText: 'Training' }).waitFor();

    await order(page, 'Evaluate now');
    await order(page, 'Stop');
    await page.locator('.pill', { hasText: 'Stopped' }).waitFor();
    t.equal(
      await page.locator('.events li', { hasText: 'Test error' }).count(),
      evaluations(),
      'each evaluation that holds is shown once',
    );
    await page.reload();
    await page.locator('.pill', { hasText: 'Stopped' }).waitFor();
    t.same(visitor.faults, []);
  });
});
