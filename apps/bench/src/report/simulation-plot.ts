import type { Prediction } from '../simulation/scenarios.js';
import { describeCondition, groupBy } from './conditions.js';
import { lineChart } from './line-chart.js';

/** Predicted images a second by number of nodes: a panel for each kind of node, a line for each network. */
export function simulationPlot(predictions: readonly Prediction[]): string {
  const panels = groupBy(predictions, ({ cores }) => describeNode(cores)).map(([title, ofNode]) => ({
    title,
    lines: groupBy(ofNode, describeCondition).map(([label, line]) => {
      return { label, points: line.map(({ nodes, imagesPerSecond }) => [nodes, imagesPerSecond] as const) };
    }),
  }));
  return lineChart({
    title: 'Training images a second with one layer a node, simulated',
    xName: 'nodes, and layers',
    panels,
  });
}

function describeNode(cores: number): string {
  return cores === 1 ? 'Nodes with one core' : `Nodes with ${cores} cores`;
}
