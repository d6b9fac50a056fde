import { entrySpread } from '../comparison.js';
import type { Comparison } from '../comparison.js';
import type { PipelineResult } from '../pipeline.js';
import { spread } from '../statistics.js';
import { barChart } from './charts.js';

/** How fast each side did each work. */
export function comparisonPlot(comparisons: readonly Comparison[]): string {
  const panels = comparisons.map(({ work, entries }) => ({
    title: `${work.network.name}, ${work.recipe.optimizer}`,
    bars: entries.map((entry) => {
      return { label: entry.name, value: entrySpread(entry), own: entry.name.startsWith('Layerline') };
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
