import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { layerline, start } from '../support/layerline.js';
import { until } from '../support/processes.js';

const SWEEP = `
base: { dataset: digits, layers: [64], epochs: 3, batch: 200, validation: 500 }
vary:
  goodness: [mean, sum]
  activation: [relu, tanh]
seeds: [1, 2]
stop: { after: 2, others: 3 }
`;

interface Swept {
  readonly folder: string;
  readonly report: string;
  readonly ranked: readonly {
    readonly settings: Readonly<Record<string, string>>;
    readonly trials: readonly { readonly outcome: { readonly run: string; readonly state: string } }[];
  }[];
}

/** The lines of a file; none where it is not there. */
function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

await t.test('a sweep that is stopped goes on, trains nothing twice, and ends in a report', async (t) => {
  const cwd = t.testdir({ 'small.yaml': SWEEP });
  const outcomes = join(cwd, 'sweeps', 'small', 'outcomes.jsonl');
  const command = start(t, ['sweep', 'small.yaml', '--parallel', '2'], { cwd });
  await until('a trial that is over', () => linesOf(outcomes).length > 0);
  command.kill('SIGINT');
  const stopped = await command.ended;
  t.equal(stopped.code, 130, stopped.stderr);
  t.match(stopped.stdout, /\n\d trials are left\. Go on: layerline sweep small\.yaml --parallel 2\n/);
  const before = linesOf(outcomes);
  t.ok(before.length < 8, `${before.length} of 8 trials were over`);

  const { code, stdout, stderr } = await layerline(t, ['sweep', 'small.yaml', '--json'], { cwd });
  t.equal(code, 0, stderr);
  const { ranked, report } = JSON.parse(stdout) as Swept;
  t.equal(ranked.length, 4);
  t.equal(ranked.flatMap(({ trials }) => trials).length, 8);
  t.same(linesOf(outcomes).slice(0, before.length), before, 'what was over is left as it is');
  t.equal(new Set(linesOf(outcomes).map((line) => (JSON.parse(line) as { trial: string }).trial)).size, 8);
  t.ok(ranked.some(({ trials }) => trials.some(({ outcome }) => outcome.state === 'completed')));
  const html = readFileSync(join(cwd, report), 'utf8');
  t.match(html, /8 of 8 trials are over/);
  t.ok((html.match(/<svg/g) ?? []).length >= 3, 'with plots');
  const folders = join('sweeps', 'small', 'runs');
  const runs = await layerline(t, ['runs', '--out', folders, '--json'], { cwd });
  const listed = JSON.parse(runs.stdout) as { id: string }[];
  t.ok(listed.length >= 8, 'its runs are like any others');
  const { stdout: shown } = await layerline(t, ['runs', 'show', listed[0]?.id ?? '', '--out', folders, '--json'], {
    cwd,
  });
  t.match(JSON.parse(shown), { config: { group: 'small' } }, 'and belong together');
});

await t.test('a trial that fails is told, and does not keep the others', async (t) => {
  const cwd = t.testdir();
  writeFileSync(
    join(cwd, 'wide.yaml'),
    'base: { dataset: digits, layers: [40], epochs: 1, validation: 500 }\nvary: { batch: [100, 100000] }\n',
  );
  const { code, stdout } = await layerline(t, ['sweep', 'wide.yaml'], { cwd });
  t.equal(code, 1);
  t.match(stdout, /batch 100000, seed 1: failed: batch: 100000 is larger than/);
  t.match(stdout, /batch 100, seed 1: validation error/);
});
