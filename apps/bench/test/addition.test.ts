import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Comparison } from '../src/comparison.js';
import { describeMachine } from '../src/machine.js';
import { add, readEarlier } from '../src/report/addition.js';
import { NOTHING_MEASURED } from '../src/report/report.js';
import type { Limit } from '../src/limit.js';
import { recipeOf } from '../src/work.js';
import { WORK } from './work.js';

const LIMIT: Limit = { peaks: [], absent: [] };

function comparison(optimizer: 'sgd' | 'adam', reason: string): Comparison {
  const work = { ...WORK, recipe: recipeOf(optimizer, 'silu') };
  return { work, entries: [], absent: [{ name: 'torch', reason }] };
}

t.test('what is measured again takes its place, and the rest stays', (t) => {
  const first = add(NOTHING_MEASURED, { comparisons: [comparison('sgd', 'first'), comparison('adam', 'first')] });
  const more = add(add(first, { limit: LIMIT }), { comparisons: [comparison('sgd', 'second')] });
  t.same(more, {
    ...NOTHING_MEASURED,
    limit: LIMIT,
    comparisons: [comparison('sgd', 'second'), comparison('adam', 'first')],
  });
  t.end();
});

t.test('only to a report of the same machine is added', async (t) => {
  const folder = t.testdir();
  const machine = describeMachine();
  const write = (content: unknown): void => writeFileSync(join(folder, 'results.json'), JSON.stringify(content));
  await t.rejects(readEarlier(folder, machine), { code: 'ERR_BENCH_REPORT', message: /ENOENT/ });
  write({ command: 'of an older version' });
  await t.rejects(readEarlier(folder, machine), {
    code: 'ERR_BENCH_REPORT',
    message: /is no report of this benchmark/,
  });
  const report = { ...NOTHING_MEASURED, date: '', commands: ['a'], machine, repeats: [3], complete: true };
  write(report);
  t.match(await readEarlier(folder, machine), { commands: ['a'], repeats: [3] });
  write({ ...report, machine: { ...machine, cores: machine.cores + 1 } });
  await t.rejects(readEarlier(folder, machine), {
    code: 'ERR_BENCH_REPORT',
    message: /on another machine or Node .+ leave --add out$/,
  });
});
