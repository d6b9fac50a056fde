import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markdownReport } from './markdown.js';
import { accuracyPlot, comparisonPlot, pipelinePlot, PLOTS } from './plots.js';
import { RESULTS } from './report.js';
import type { Report } from './report.js';
import { simulationPlot } from './simulation-plot.js';
import { SIMULATION_PLOT } from './simulation-section.js';

/** Writes `results.json`, `report.md` and its plots into a folder, over those that are there. */
export async function writeReport(folder: string, report: Report): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, RESULTS), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, 'report.md'), markdownReport(report));
  if (report.comparisons.length > 0) {
    await writeFile(join(folder, PLOTS.comparison), comparisonPlot(report.comparisons));
  }
  for (const comparison of report.accuracy) {
    await writeFile(join(folder, PLOTS.accuracy[comparison.recipe]), accuracyPlot(comparison));
  }
  if (report.pipeline.length > 0) await writeFile(join(folder, PLOTS.pipeline), pipelinePlot(report.pipeline));
  if (report.simulation !== undefined) {
    await writeFile(join(folder, SIMULATION_PLOT), simulationPlot(report.simulation.predictions));
  }
}
