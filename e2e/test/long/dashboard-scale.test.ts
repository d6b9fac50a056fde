import { basename, join } from 'node:path';
import t from 'tap';
import type { Locator, Page } from 'playwright-core';
import { makeReference } from '../../chaos/verdict.js';
import { barriersIn, glimpse, openBrowser, skip, Visitor } from '../support/browser.js';
import { Cluster } from '../support/cluster.js';
import { QUICK } from '../support/layerline.js';
import { begin, endedAsIfNothingHad, resultOf } from '../support/recovery.js';

/** Four blocks of units and two: long enough for somebody to change it. */
const WIDE = [
  ...['--dataset', 'digits', '--layers', '272,200', '--epochs', '25'],
  ...['--eval-every', '5', '--snapshot-every', '200'],
];
const PHONE = { width: 390, height: 844 } as const;

function choiceOf(page: Page, name: 'Layer' | 'Shards wanted'): Locator {
  return page.getByRole('region', { name: 'Shards' }).getByRole('combobox', { name });
}

function offered(page: Page, name: 'Layer' | 'Shards wanted'): Promise<string[]> {
  return choiceOf(page, name).locator('option').allInnerTexts();
}

await t.test('what waits is seen by all, and given up by an operator', { skip }, async (t) => {
  const browser = await openBrowser(t);
  const cluster = await Cluster.open(t);
  const node = await cluster.node('box', undefined);
  const { cwd } = cluster.machine('coordinator');
  const long = ['train', ...QUICK, '--layers', '272,200', '--epochs', '100000', '--eval-every', '0', '--detach'];
  const { run } = await cluster.ask<{ run: string }>(undefined, long);
  const operator = await Visitor.come(t, browser, cwd);
  const viewer = await Visitor.come(t, browser, cwd, { role: 'viewer', colorScheme: 'dark' });
  for (const visitor of [operator, viewer]) {
    await visitor.openRun(run);
    await visitor.page.locator('.pill', { hasText: 'Training' }).waitFor();
  }

  // A node that is asleep works nothing out, and is missed only after a while.
  node.kill('SIGSTOP');
  await cluster.operate(undefined, ['scale', run, 'layer-1', '--shards', '2']);
  for (const { page } of [operator, viewer]) {
    await page.getByText('Waits for nodes to work out their numerics for the new plan.').waitFor();
  }
  const cancel = { name: 'Cancel the change' };
  t.ok(await operator.page.getByRole('button', { name: 'Preview…' }).isDisabled(), 'one change at a time');
  t.equal(await viewer.page.getByRole('button', cancel).count(), 0);
  t.same(await barriersIn(viewer.page), []);
  await operator.page.getByRole('button', cancel).click();
  for (const { page } of [operator, viewer]) {
    await page.locator('.operation', { hasText: /Cancelled\s*layer 1 from 1 shard to 2 shards/ }).waitFor();
  }
  node.kill('SIGCONT');
  t.same([...operator.faults, ...viewer.faults], []);
  await cluster.operate(undefined, ['stop', run]);
});

await t.test('a layer is scaled in a browser', { skip }, async (t) => {
  const browser = await openBrowser(t);
  const run = await begin(t, WIDE);
  const cwd = join(run.folder, '..', '..');
  const id = basename(run.folder);
  const operator = await Visitor.come(t, browser, cwd);
  const { page } = operator;
  const panel = page.getByRole('region', { name: 'Shards' });
  await operator.openRun(id);
  await page.locator('.pill', { hasText: 'Training' }).waitFor();

  await t.test('a viewer sees how layers are cut, and cannot change it', async (t) => {
    const viewer = await Visitor.come(t, browser, cwd, { role: 'viewer', colorScheme: 'dark' });
    await viewer.openRun(id);
    await viewer.page.getByText('You are signed in as a viewer: only operators change stages.').waitFor();
    t.equal(await viewer.page.getByRole('button', { name: 'Preview…' }).count(), 0);
    t.same(viewer.faults, []);
    await viewer.context.close();
  });

  await t.test('an operator sees beforehand what a change comes to, and may leave it', async (t) => {
    t.same(await offered(page, 'Layer'), ['layer 1 (1 shard)', 'layer 2 (1 shard)']);
    t.same(await offered(page, 'Shards wanted'), ['2', '3', '4']);
    await choiceOf(page, 'Layer').selectOption('layer-2');
    t.same(await offered(page, 'Shards wanted'), ['2'], 'what the width allows');
    await choiceOf(page, 'Layer').selectOption('layer-1');
    await page.getByRole('button', { name: 'Preview…' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Scale layer 1 to 2 shards?' });
    await dialog.getByRole('row', { name: /layer 1, shard 2\s+136/ }).waitFor();
    t.same(await barriersIn(page), []);
    await page.keyboard.press('Escape');
    t.equal(await page.getByRole('dialog').count(), 0);
    await page.locator(':focus', { hasText: 'Preview…' }).waitFor();
  });

  await t.test('a layer is cut from the page, and both shards work', async (t) => {
    await page.getByRole('button', { name: 'Preview…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('table').waitFor();
    const seen = [
      glimpse(page, '.operation-sides', 'Now1 shardWanted2 shards'),
      glimpse(page, '.operation', 'Training is paused while the new stages start'),
      glimpse(page, '.run-state .pill', 'Changing stages'),
    ];
    await dialog.getByRole('button', { name: 'Scale' }).dblclick({ force: true });
    await Promise.all(seen);
    await panel.locator('.pill', { hasText: 'Done' }).waitFor();
    await panel.getByText(/Training was paused for [\d.]+\s(s|min), and [\d.]+\s[kM]?B of state were sent/).waitFor();
    await page.locator('.events li', { hasText: 'layer-1 from 1 to 2 shards: done' }).waitFor();

    const layer = page.locator('.stage', { hasText: /layer 1/ });
    await layer.getByText(/272\sunits in 2 shards/).waitFor();
    const shares = layer.locator('.shard-share', { hasText: /[1-9]\d*\s%/ });
    await shares.nth(1).waitFor();
    t.equal(await layer.locator('.shard').count(), 2);
    t.equal(await page.locator('.link').count(), 3, 'a link for each pair of neighbours');
    t.same(await offered(page, 'Layer'), ['layer 1 (2 shards)', 'layer 2 (1 shard)']);
    t.equal(await page.locator('.events li', { hasText: 'asked for' }).count(), 1, 'it was asked for once');
    t.same(await barriersIn(page), []);
    await page.setViewportSize(PHONE);
    t.same(await barriersIn(page), [], 'on a phone');
  });

  await t.test('the run ends as one that is in one piece', async (t) => {
    const result = await resultOf(run);
    await page.locator('.run-state .pill', { hasText: 'Completed' }).waitFor();
    await page.locator('.stage', { hasText: /272\sunits in 2 shards/ }).waitFor();
    t.same(operator.faults, []);
    endedAsIfNothingHad(t, run.folder, result, makeReference(WIDE, t.testdir()));
  });
});
