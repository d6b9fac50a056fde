import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Look } from '@layerline/api';
import t from 'tap';
import { barriersIn, openBrowser, parseShown, skip, Visitor } from '../support/browser.js';
import { Cluster } from '../support/cluster.js';
import { QUICK } from '../support/layerline.js';

/** Of the page's numbers, which have three digits. */
const ROUNDING = 5e-3;

await t.test('in a browser', { skip }, async (t) => {
  const browser = await openBrowser(t);
  const cluster = await Cluster.open(t);
  await cluster.node('box', undefined);
  const { cwd } = cluster.machine('coordinator');
  const long = ['train', ...QUICK, '--epochs', '100000', '--eval-every', '0', '--snapshot-every', '0', '--detach'];
  const { run } = await cluster.ask<{ run: string }>(undefined, long);
  const folder = join(cwd, 'runs', run, 'looks');
  const kept = (): Look[] =>
    readdirSync(folder)
      .sort((a, b) => parseInt(a) - parseInt(b))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Look);

  await t.test('an operator sees the network decide, label by label and layer by layer', async (t) => {
    const operator = await Visitor.come(t, browser, cwd);
    const { page } = operator;
    await operator.openRun(run, 'Layers');
    await page.locator('.pill', { hasText: 'Training' }).waitFor();
    await page.getByText('Choose a test image to see what each layer makes of it.').waitFor();
    await page.getByRole('spinbutton', { name: 'Test image' }).fill('7');
    await page.getByRole('button', { name: 'Look', exact: true }).click();
    await page.locator('.look-image', { hasText: '#7' }).waitFor();
    const [look] = kept() as [Look];
    t.match(look, { image: 7, layers: [{}, {}] });
    for (const [index, layer] of look.layers.entries()) {
      const shown = await page
        .getByRole('region', { name: `layer ${index + 1}`, exact: true })
        .locator('li')
        .all();
      t.equal(shown.length, layer?.goodness.length);
      for (const [label, goodness] of (layer?.goodness ?? []).entries()) {
        const value = parseShown((await shown[label]?.locator('.number').innerText()) ?? '');
        t.ok(
          Math.abs(value - goodness) <= ROUNDING * Math.abs(goodness),
          `layer ${index + 1}, label ${label}: ${value}`,
        );
      }
      t.match(await shown[look.label]?.locator('.look-mark').innerText(), 'true');
    }
    const weights = page.getByRole('img', { name: /^Weights of \d+ units of the first layer/ });
    await weights.scrollIntoViewIfNeeded();
    t.ok(await weights.isVisible());
    t.same(await barriersIn(page), []);
    t.same(operator.faults, []);
    await operator.context.close();
  });

  await t.test('a viewer sees what others have looked at, and cannot ask', async (t) => {
    const viewer = await Visitor.come(t, browser, cwd, { role: 'viewer', colorScheme: 'dark' });
    const { page } = viewer;
    await viewer.openRun(run, 'Layers');
    await page.locator('.look-image', { hasText: '#7' }).waitFor();
    t.equal(await page.getByRole('button', { name: 'Look', exact: true }).count(), 0);
    t.same(await barriersIn(page), []);

    const operator = await Visitor.come(t, browser, cwd);
    await operator.page.goto(`${operator.origin}/#/runs/${encodeURIComponent(run)}/layers?image=3`);
    t.equal(
      await operator.page.getByRole('spinbutton', { name: 'Test image' }).inputValue(),
      '3',
      'a link says which image',
    );
    await operator.page.getByRole('button', { name: 'Look', exact: true }).click();
    await page.locator('.look-image', { hasText: '#3' }).waitFor();
    t.same(
      kept().map(({ image }) => image),
      [7, 3],
    );
    await page.getByLabel('Looks').selectOption({ index: 1 });
    await page.locator('.look-image', { hasText: '#7' }).waitFor();
    t.same([...viewer.faults, ...operator.faults], []);
    await operator.context.close();
    await viewer.context.close();
  });
  await cluster.operate(undefined, ['stop', run]);
});
