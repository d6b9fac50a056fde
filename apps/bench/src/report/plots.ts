import { ACCURACY_RECIPES } from '../accuracy.js';
import type { AccuracyComparison } from '../accuracy.js';
import { entrySpread } from '../comparison.js';
import type { Comparison } from '../comparison.js';
import type { Evaluation } from '../contestants/contestant.js';
import type { PipelineResult } from '../pipeline.js';
import { median, spread } from '../statistics.js';
import { barChart } from './charts.js';
import { lineChart } from '@layerline/plots';

/** Files of the plots that the report shows, beside it. */
export const PLOTS = {
  comparison: 'images-per-second.svg',
  accuracy: { own: 'accuracy.svg', published: 'accuracy-published-recipe.svg' },
  pipeline: 'pipeline.svg',
} as const;

/** How the names of Layerline's own sides begin. */
export const OWN = 'Layerline';

/** How fast each side did each work. */
export function comparisonPlot(comparisons: readonly Comparison[]): string {
  const panels = comparisons.map(({ work, entries }) => ({
    title: `${work.network.name}, ${work.recipe.optimizer}`,
    bars: entries.map((entry) => {
      return { label: entry.name, value: entrySpread(entry), own: entry.name.startsWith(OWN) };
    }),
  }));
  return barChart('Training images a second', panels);
}

/** How fast Layerline is in one process and as a pipeline, by number of layers. */
export function pipelinePlot(results: readonly PipelineResult[]): string {
  const panels = results.map(({ network, imagesPerSecond }) => ({
    title: `${network.layers.length} equal layers (${network.name})`,
    bars: Object.entries(imagesPerSecond).map(([mode, rates]) => {
      return { label: mode, value: spread(rates), own: mode === 'pipeline' };
    }),
  }));
  return barChart('Training images a second, in one process and as a pipeline', panels);
}

/** How the test error of each side falls while it learns with one recipe: the medians of all repeats at each epoch. */
export function accuracyPlot({ recipe, work, entries }: AccuracyComparison): string {
  const lines = entries.map(({ name, runs }) => {
    const [first = []] = runs;
    const points = first.map((_, index) => {
      const evaluations = runs.flatMap((run) => run[index] ?? []);
      const middle = (of: keyof Evaluation): number => median(evaluations.map((evaluation) => evaluation[of]));
      return [middle('seconds'), 100 * middle('testError')] as const;
    });
    return { name, points, own: name.startsWith(OWN) };
  });
  return lineChart({
    title: `${ACCURACY_RECIPES[recipe]}: ${work.network.name} on ${work.data.reference.name}`,
    x: { name: 'seconds of training', scale: 'linear' },
    y: { name: 'test error, %', scale: 'log' },
    lines,
  });
}
