import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readDefinition, trialsOf } from '../src/sweep/definition.js';
import type { SweepDefinition } from '../src/sweep/definition.js';
import { MedianRule } from '../src/sweep/median-rule.js';
import type { Outcome } from '../src/sweep/outcome.js';
import { rankingOf } from '../src/sweep/ranking.js';
import { reportOf } from '../src/sweep/report.js';
import { SweepFolder } from '../src/sweep/sweep-folder.js';

const BASE = 'base: { dataset: digits, validation: 100 }\n';
const FOLDER = t.testdir();

function definitionOf(text: string): SweepDefinition {
  const path = join(FOLDER, 'sweep.yaml');
  writeFileSync(path, text);
  return readDefinition(path, 'sweep.yaml');
}

t.test('a grid has every combination with every seed, and the same trials in a larger one', (t) => {
  const small = trialsOf(
    definitionOf(`${BASE}vary: { goodness: [mean, sum], layers: [[10], [10, 20]] }\nseeds: [1, 7]`),
  );
  t.equal(small.length, 8);
  t.same(small[0]?.config, { dataset: 'digits', validation: 100, goodness: 'mean', layers: [10], seed: 1 });
  t.equal(new Set(small.map(({ id }) => id)).size, 8);
  const large = trialsOf(
    definitionOf(`${BASE}vary: { goodness: [top-k, mean, sum], layers: [[10], [10, 20]] }\nseeds: [1, 7]`),
  );
  const ids = new Set(large.map(({ id }) => id));
  t.ok(small.every(({ id }) => ids.has(id)));
  t.end();
});

t.test('a random search draws the same settings again, within their bounds', (t) => {
  const text = `${BASE}search: random\ntrials: 200\nvary:\n  learningRate: { from: 0.001, to: 0.1, scale: log }\n  batch: { from: 10, to: 20, whole: true }\n  activation: [relu, tanh]`;
  const trials = trialsOf(definitionOf(text));
  t.same(trialsOf(definitionOf(text)), trials);
  const of = (key: string): unknown[] => trials.map(({ settings }) => settings[key]);
  const rates = of('learningRate') as number[];
  t.ok(rates.every((rate) => rate >= 0.001 && rate <= 0.1));
  const below = rates.filter((rate) => rate < 0.01).length;
  t.ok(below > 70 && below < 130, `${below} of 200 are in the lower half of the scale`);
  t.same(new Set(of('batch')), new Set([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]));
  t.same(new Set(of('activation')), new Set(['relu', 'tanh']));
  t.not(JSON.stringify(trialsOf(definitionOf(`${text}\nsearchSeed: 2`))), JSON.stringify(trials));
  t.end();
});

t.test('what makes no sense is refused by its place', (t) => {
  const refused = (text: string, message: RegExp): void => {
    t.throws(() => trialsOf(definitionOf(text)), { code: 'ERR_CONFIG', message }, `${message}`);
  };
  refused(`${BASE}vary: { goodnes: [mean] }`, /vary: unknown key "goodnes". Did you mean "goodness"\?/);
  refused(`${BASE}vary: { seed: [1, 2] }`, /give seeds beside it/);
  refused(`${BASE}vary: { dataset: [mnist] }`, /dataset is both in base and in vary/);
  refused('base: { dataset: digits }\nvary: { goodness: [mean] }', /no validation/);
  refused(`${BASE}vary: { goodness: [] }`, /vary.goodness: has to be a list/);
  refused(`${BASE}vary: { learningRate: { from: 1, to: 0.1 } }\nsearch: random\ntrials: 3`, /vary.learningRate/);
  refused(`${BASE}vary: { learningRate: { from: 0.1, to: 1 } }`, /a grid takes a list/);
  refused(`${BASE}vary: { goodness: [mean] }\nsearch: random`, /needs to know how many/);
  refused(`${BASE}vary: { goodness: [mean] }\nname: a/b`, /name: has to be 1 to 60 letters/);
  t.end();
});

t.test('a trial ends early once it is worse than the median of the others', (t) => {
  const rule = new MedianRule(2, 2);
  for (const [trial, errors] of Object.entries({ a: [0.3, 0.1], b: [0.3, 0.2] })) {
    errors.forEach((error, epoch) =>
      t.notOk(rule.add(trial, epoch + 1, error), `${trial} has too few to compare with`),
    );
  }
  t.notOk(rule.add('c', 1, 0.9), 'every trial gets two epochs');
  t.ok(rule.add('c', 2, 0.25));
  t.notOk(rule.add('d', 2, 0.2), 'the median itself is good enough');
  t.notOk(rule.add('a', 3, 0.5), 'others have not come so far');
  t.end();
});

const completed = (trial: string, validationError: number, testError: number): Outcome => ({
  ...{ trial, run: `run-${trial}`, state: 'completed', validationError, testError, epochs: 2, trainSeconds: 3 },
  validationErrors: [
    [1, 2 * validationError],
    [2, validationError],
  ],
});

t.test('settings rank by the mean error of their seeds on rows that are held out', (t) => {
  const trials = trialsOf(definitionOf(`${BASE}vary: { goodness: [mean, sum, top-k] }\nseeds: [1, 2]`));
  const [a, b, c, d, e] = trials.map(({ id }) => id) as [string, string, string, string, string];
  const early: Outcome = { trial: e, state: 'ended-early', validationError: 0.01, validationErrors: [[1, 0.01]] };
  const outcomes = [
    completed(a, 0.04, 0.05),
    completed(b, 0.06, 0.05),
    completed(c, 0.02, 0.09),
    completed(d, 0.02, 0.09),
    early,
  ];
  const ranked = rankingOf(trials, new Map(outcomes.map((outcome) => [outcome.trial, outcome])));
  t.same(
    ranked.map(({ settings, validationError }) => [settings['goodness'], validationError]),
    [
      ['sum', 0.02],
      ['mean', 0.05],
      ['top-k', undefined],
    ],
  );
  const html = reportOf('a <b>', ['goodness'], ranked, trials.length);
  t.match(html, /<h1>a &lt;b&gt;<\/h1>/);
  t.match(html, /5 of 6 trials are over, 1 of them ended early/);
  t.match(html, /<tr class="best"><td>sum<\/td><td class="number">2.00 %<\/td><td class="number">9.00 %<\/td>/);
  t.match(html, /<svg/);
  t.notMatch(html, /<(script|link|img)|https?:\/\/(?!www\.w3\.org)/, 'it needs nothing else');
  t.end();
});

await t.test('what came of trials is read back, without a line that was cut short', async (t) => {
  const folder = new SweepFolder(join(FOLDER, 'kept'));
  await folder.open();
  t.same(folder.outcomes(), new Map());
  await folder.noteBegun('a', 'run-a');
  await folder.noteOutcome(completed('a', 0.1, 0.2));
  appendFileSync(join(folder.path, 'outcomes.jsonl'), '{"trial":"b","sta');
  await folder.open();
  t.same(folder.outcomes(), new Map([['a', completed('a', 0.1, 0.2)]]));
  t.same(folder.begun(), new Map([['a', 'run-a']]));
  appendFileSync(join(folder.path, 'outcomes.jsonl'), '{"trial":"b","sta\n');
  t.throws(() => folder.outcomes(), { code: 'ERR_CHECKPOINT', message: /damaged in line 2/ });
});
