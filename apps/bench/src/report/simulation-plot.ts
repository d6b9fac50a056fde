import type { Prediction } from '../simulation/scenarios.js';
import { describeCondition, groupBy } from './conditions.js';
import { lineChart } from '@layerline/plots';

/** Lines nearer to each other than this share of their height cannot be told apart. */
const APART = 0.01;

/** Predictions for more and more nodes, and the name of the networks for which they are the same. */
type NamedLine = readonly [name: string, line: readonly Prediction[]];

/**
 * Predicted images a second by number of nodes, a line for each network, or one for all whose lines would lie on each
 * other. With one core a node the network hardly matters: a single line, of the fastest network, stands for all.
 */
export function simulationPlot(predictions: readonly Prediction[]): string {
  const lines = groupBy(predictions, ({ cores }) => `${cores}`).flatMap(([, ofNode]) => {
    const cores = ofNode[0]?.cores ?? 1;
    const shown = cores === 1 ? [fastest(groupBy(ofNode, describeCondition))] : networksOf(ofNode);
    return shown.map(([networks, line]) => ({
      name: `${describeNode(cores)}, ${networks}`,
      points: line.map(({ nodes, imagesPerSecond }) => [nodes, imagesPerSecond] as const),
      own: cores === 1,
    }));
  });
  return lineChart({
    title: 'Training with one layer of 2000 units a node, simulated',
    x: { name: 'nodes, and layers', scale: 'log' },
    y: { name: 'images a second', scale: 'linear' },
    lines,
  });
}

function fastest(networks: readonly NamedLine[]): NamedLine {
  const best = (line: readonly Prediction[]): number => Math.max(...line.map(({ imagesPerSecond }) => imagesPerSecond));
  return [...networks].sort(([, a], [, b]) => best(b) - best(a))[0] ?? ['', []];
}

/** The lines of each bandwidth. Neighbouring round trips that make no difference are one: `1 Gbit/s, 0.1–20 ms`. */
function networksOf(predictions: readonly Prediction[]): NamedLine[] {
  return groupBy(predictions, ({ bandwidth }) => `${bandwidth}`).flatMap(([, alike]) => {
    const lines: { first: readonly Prediction[]; last: readonly Prediction[] }[] = [];
    for (const [, line] of groupBy(alike, ({ roundTrip }) => `${roundTrip}`)) {
      const before = lines.at(-1);
      if (before !== undefined && coincide(before.first, line)) before.last = line;
      else lines.push({ first: line, last: line });
    }
    return lines.map(({ first, last }) => [describeRange(first[0], last[0]), first] as const);
  });
}

function coincide(one: readonly Prediction[], other: readonly Prediction[]): boolean {
  return one.every(({ imagesPerSecond }, index) => {
    return Math.abs(imagesPerSecond - (other[index]?.imagesPerSecond ?? Infinity)) < APART * imagesPerSecond;
  });
}

function describeRange(first: Prediction | undefined, last: Prediction | undefined): string {
  if (first === undefined || last === undefined) return '';
  const { bandwidth, roundTrip } = first;
  return describeCondition({ bandwidth, roundTrip: first === last ? roundTrip : `${roundTrip}–${last.roundTrip}` });
}

function describeNode(cores: number): string {
  return cores === 1 ? '1 core' : `${cores} cores`;
}
