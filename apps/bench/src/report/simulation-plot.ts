import type { Prediction } from '../simulation/scenarios.js';
import { describeCondition, groupBy } from './conditions.js';
import { lineChart } from './line-chart.js';

/**
 * Predicted images a second by number of nodes, a line for each network. With one core a node the network hardly matters:
 * a single line, of the fastest network, stands for all.
 */
export function simulationPlot(predictions: readonly Prediction[]): string {
  const lines = groupBy(predictions, ({ cores }) => `${cores}`).flatMap(([, ofNode]) => {
    const networks = groupBy(ofNode, describeCondition);
    const shown = ofNode[0]?.cores === 1 ? [fastest(networks)] : networks;
    return shown.map(([condition, line]) => ({
      name: `${describeNode(line[0]?.cores ?? 1)}, ${condition}`,
      points: line.map(({ nodes, imagesPerSecond }) => [nodes, imagesPerSecond] as const),
      own: line[0]?.cores === 1,
    }));
  });
  return lineChart({
    title: 'Training with one layer of 2000 units a node, simulated',
    x: { name: 'nodes, and layers', scale: 'log' },
    y: { name: 'images a second', scale: 'linear' },
    lines,
  });
}

function fastest(networks: readonly [string, Prediction[]][]): [string, Prediction[]] {
  const best = (line: readonly Prediction[]): number => Math.max(...line.map(({ imagesPerSecond }) => imagesPerSecond));
  return [...networks].sort(([, a], [, b]) => best(b) - best(a))[0] ?? ['', []];
}

function describeNode(cores: number): string {
  return cores === 1 ? '1 core' : `${cores} cores`;
}
