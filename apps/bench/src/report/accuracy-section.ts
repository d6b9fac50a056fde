import { ACCURACY_RECIPES, secondsTo, TARGET_ERRORS } from '../accuracy.js';
import type { AccuracyComparison, AccuracyEntry } from '../accuracy.js';
import { spread } from '../statistics.js';
import type { Work } from '../work.js';
import { absenceLines, decimalSpread, markdownTable, percent, percentSpread, versionsLine, whole } from './format.js';
import { PLOTS } from './plots.js';

/** How long each side takes to learn, recipe by recipe. */
export function accuracySection(comparisons: readonly AccuracyComparison[]): string {
  const intro =
    'Seconds of training until the test error first falls to a target. Every side trains for the planned epochs, over ' +
    'the second half of which its learning rate falls to 0, and evaluates after each one with the clock stopped: the ' +
    'time is that of the first evaluation with the target or less. So it depends on the planned epochs: fewer reach a ' +
    'modest target sooner, and a low one not at all. Each repeat has a seed of its own. Start-up and compiling are not counted.\n';
  return ['## Time to accuracy\n', intro, ...comparisons.map(accuracyTable)].join('\n');
}

/** One recipe: a row for each side. */
export function accuracyTable(comparison: AccuracyComparison): string {
  const { recipe, work, epochs, entries, absent } = comparison;
  const targets = TARGET_ERRORS.map((target) => `s to ${percent(target, Number.isInteger(100 * target) ? 0 : 1)}`);
  const heading = ['side', 'as', ...targets, 'test error at the end', 's in all'];
  const rows = entries.map((entry) => {
    const ends = entry.runs.flatMap((run) => run.at(-1) ?? []);
    return [
      entry.name,
      entry.variant,
      ...TARGET_ERRORS.map((target) => secondsCell(entry, target)),
      percentSpread(spread(ends.map(({ testError }) => testError))),
      decimalSpread(spread(ends.map(({ seconds }) => seconds))),
    ];
  });
  return [
    `### ${ACCURACY_RECIPES[recipe]}\n`,
    `${describeWork(work)} ${epochs} planned epochs of ${whole(work.images / epochs)} images of ${work.data.reference.name}, ` +
      `runs of each side: ${entries[0]?.runs.length ?? 0}.\n`,
    `![Test error over seconds of training](${PLOTS.accuracy[recipe]})\n`,
    markdownTable(heading, rows),
    versionsLine(entries),
    absenceLines(absent),
  ].join('\n');
}

function describeWork({ network, recipe, batch }: Work): string {
  const { objective, alpha, optimizer, rate } = recipe;
  return `${network.name}, batches of ${batch} + ${batch} rows, ${objective} objective with α ${alpha}, ${optimizer} at a rate of ${rate};`;
}

/** The median time to an error, or in how many of the runs it was reached. */
function secondsCell({ runs }: AccuracyEntry, target: number): string {
  const seconds = runs.map((run) => secondsTo(target, run));
  const reached = seconds.filter(Number.isFinite).length;
  if (reached === 0) return 'not reached';
  const middle = spread(seconds);
  if (reached === runs.length) return decimalSpread(middle);
  const share = `reached in ${reached} of ${runs.length}`;
  return Number.isFinite(middle.median) ? `${middle.median.toFixed(1)}, ${share}` : share;
}
