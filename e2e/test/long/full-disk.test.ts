import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { layerline, QUICK, start } from '../support/layerline.js';
import { isAlive, until, within } from '../support/processes.js';
import { filesOf, loggedStages, onlyRun, readJson, readLines } from '../support/run-folder.js';
import { fillDisk, mountDisk } from '../support/system.js';

const NO_DISK = 'this user cannot mount a disk';
const FULL =
  /^layerline: Cannot write the run to \S+: the disk is full\. Free some space, or name another place with --out\n$/;
/** Longer than any test waits. */
const LONG = ['--dataset', 'digits', '--layers', '64,64', '--epochs', '1000', '--eval-every', '0'];
const SOON_MS = 120_000;

await t.test('full before the run begins', async (t) => {
  // Room for the folders and nothing in them; for one small file; for some of them.
  for (const kilobytes of [4, 8, 12]) {
    await t.test(`${kilobytes} kB`, async (t) => {
      const disk = mountDisk(t, kilobytes);
      if (disk === undefined) return t.pass(NO_DISK, { skip: NO_DISK });
      const ended = await layerline(t, ['train', ...QUICK, '--quiet', '--out', join(disk, 'runs')]);
      t.equal(ended.code, 1);
      t.match(ended.stderr, FULL);
      if (kilobytes === 4) t.same(readdirSync(disk), [], 'nothing is left');
      return undefined;
    });
  }
});

await t.test('full when the model is stored', async (t) => {
  const disk = mountDisk(t, 128);
  if (disk === undefined) return t.pass(NO_DISK, { skip: NO_DISK });
  const ended = await layerline(t, ['train', ...QUICK, '--quiet', '--out', disk]);
  t.equal(ended.code, 1);
  t.match(ended.stderr, FULL);
  const folder = onlyRun(disk) ?? '';
  const left = ['config.json', 'history.jsonl', 'journal.json', 'log.jsonl', 'metrics.jsonl', 'state.json'];
  t.same(filesOf(folder), left, 'no part of a model');
  t.match(readJson(join(folder, 'state.json')), { state: 'failed', failure: /the disk is full/ });
  return undefined;
});

for (const option of ['pipeline', 'single-process']) {
  await t.test(`full in the midst of training, ${option}`, async (t) => {
    const disk = mountDisk(t, 400);
    if (disk === undefined) return t.pass(NO_DISK, { skip: NO_DISK });
    const args = option === 'pipeline' ? LONG : [...LONG, '--single-process'];
    const command = start(t, ['train', ...args, '--quiet', '--out', join(disk, 'runs')]);
    const folder = await until('the run folder', () => onlyRun(join(disk, 'runs')));
    await until('learning', () => readLines(join(folder, 'metrics.jsonl')).length > 0);
    const stages = loggedStages(folder);
    fillDisk(disk);
    const ended = await within('the end', SOON_MS, command.ended);
    t.equal(ended.code, 1);
    t.match(ended.stderr, FULL);
    t.same(
      [...stages].filter(([, pid]) => isAlive(pid)),
      [],
      'no stage is left',
    );
    t.notOk(existsSync(join(folder, 'model')), 'no model');
    return undefined;
  });
}
