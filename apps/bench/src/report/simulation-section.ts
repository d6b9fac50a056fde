import { stepTime } from '../simulation/calibration.js';
import type { ServiceTimes } from '../simulation/calibration.js';
import type { BalancedPrediction } from '../simulation/balanced-scenarios.js';
import type { Bottleneck } from '../simulation/model.js';
import type { Prediction, Validation } from '../simulation/scenarios.js';
import type { SimulationStudy } from '../simulation/study.js';
import { spread } from '../statistics.js';
import { describeCondition, groupBy } from './conditions.js';
import { markdownTable, percent, times, whole } from './format.js';

/** File of the plot that the section shows, beside the report. */
export const SIMULATION_PLOT = 'simulation.svg';

/** What the simulation is made of, how near to this machine it comes, and what it predicts. */
export function simulationSection({ times, validations, predictions, balanced }: SimulationStudy): string {
  return [
    '## Simulation\n',
    'The pipeline event by event: every stage takes a frame, passes it on and learns, with the credits of the real ' +
      'links. Durations are those measured on this machine, in milliseconds a frame of ' +
      `${times.pairs} + ${times.pairs} rows:\n`,
    calibrationTable(times),
    `With all cores busy, the same work takes ${times.slowdown.toFixed(2)} times as long.\n`,
    ...(validations.length === 0 ? [] : ['Beside pipelines that ran here:\n', validationTable(validations)]),
    `![Predicted images a second](${SIMULATION_PLOT})\n`,
    'Predicted, with a layer of the same width on each node. "×": how many times as many images a second as one such ' +
      'node trains alone. "Varying": durations drawn from those that were measured, in place of their medians. Nodes ' +
      'of several cores are taken to compute that many times as fast as one core.\n',
    predictionTable(predictions),
    ...(balanced === undefined ? [] : [balancedPart(balanced, times)]),
  ].join('\n');
}

/** What was measured of each kind of stage. */
export function calibrationTable({ layers, feeder, evaluator }: ServiceTimes): string {
  const rows = layers.map((layer) => [
    layer.of === undefined
      ? `layer of ${layer.inputs} → ${layer.units}`
      : `shard of ${layer.inputs} → ${layer.units} of ${layer.of}`,
    times(spread(layer.forward)) + (layer.finish === undefined ? '' : ` + ${times(spread(layer.finish))}`),
    times(spread(layer.learn)),
    stepTime(layer).toFixed(2),
  ]);
  const ends = [
    ['feeder', feeder],
    ['evaluator', evaluator],
  ] as const;
  return markdownTable(
    ['stage', 'forward', 'learn', 'both'],
    [...rows, ...ends.map(([name, duration]) => [name, duration.toFixed(3), '', duration.toFixed(3)])],
  );
}

/** How far the simulation is off. */
export function validationTable(validations: readonly Validation[]): string {
  const rows = validations.map(({ network, processes, simulated, real, error }) => {
    return [`${processes}: ${network}`, whole(simulated), whole(real), signedPercent(error)];
  });
  return markdownTable(['layers', 'simulated, images/s', 'real, images/s', 'error'], rows);
}

/** A row for each network and kind of node, with a column for each number of nodes. */
export function predictionTable(predictions: readonly Prediction[]): string {
  const counts = [...new Set(predictions.map(({ nodes }) => nodes))];
  const rows = groupBy(predictions, (prediction) => `${prediction.cores}, ${describeCondition(prediction)}`).map(
    ([, row]) => {
      const [first] = row as [Prediction, ...Prediction[]];
      const largest = row.at(-1) as Prediction;
      return [
        describeCondition(first),
        whole(first.cores),
        ...counts.map((nodes) => speed(row.find((prediction) => prediction.nodes === nodes))),
        whole(largest.withVariation),
        describeBottleneck(largest.bottleneck),
      ];
    },
  );
  const most = counts.at(-1) ?? 0;
  const heading = ['network', 'cores a node', ...counts.map((nodes) => `${nodes} nodes, images/s (×)`)];
  return markdownTable([...heading, `${most} nodes, varying`, `limit of ${most} nodes`], rows);
}

/** A network on nodes of one core, cut and placed as is best. */
function balancedPart(balanced: readonly BalancedPrediction[], { assembling }: ServiceTimes): string {
  const [first] = balanced;
  return [
    'Nodes of one core each' +
      (first === undefined ? '' : `, ${describeCondition(first)}`) +
      ', with the numbers of shards and the places of stages that are the best of those tried (`balance`). "Uncut": the ' +
      'same without shards. "No waiting": what the work of the busiest node allows, frames and sums included. "No ' +
      'frames": as cut and placed, if frames and sums took no processor time. Putting a frame together from slices takes ' +
      `${(1e6 * assembling).toFixed(2)} ms a megabyte.\n`,
    balancedTable(balanced),
    ...balanced.map(({ nodes, network, placement }) => {
      const places = placement.map((stages, node) => `${node + 1}: ${stages.join(', ')}`);
      return `${network} on ${nodes} nodes: ${places.join('; ')}.\n`;
    }),
  ].join('\n');
}

/** A row for each number of nodes. */
export function balancedTable(balanced: readonly BalancedPrediction[]): string {
  const rows = balanced.map(({ nodes, network, imagesPerSecond, withVariation, speedUp, speedUps, bottleneck }) => {
    const { uncut, withoutWaiting, withoutFrames } = speedUps;
    const factors = [speedUp, uncut, withoutWaiting, withoutFrames].map((factor) => factor.toFixed(2));
    return [
      whole(nodes),
      network,
      whole(imagesPerSecond),
      whole(withVariation),
      ...factors,
      describeBottleneck(bottleneck),
    ];
  });
  const heading = ['nodes', 'network', 'images/s', 'varying', '×', '× uncut', '× no waiting', '× no frames', 'limit'];
  return markdownTable(heading, rows);
}

/** `the bandwidth of layer-1 → layer-2` */
export function describeBottleneck({ kind, name }: Bottleneck): string {
  switch (kind) {
    case 'stage':
      return name;
    case 'cores':
      return `the cores of ${name}`;
    case 'bandwidth':
      return `the bandwidth of ${name}`;
    case 'exchange':
      return `the exchange of sums of ${name}`;
    case 'credit':
      return `the credits of ${name}`;
  }
}

function speed(prediction: Prediction | undefined): string {
  if (prediction === undefined) return '–';
  return `${whole(prediction.imagesPerSecond)} (${prediction.speedUp.toFixed(1)})`;
}

function signedPercent(fraction: number): string {
  return `${fraction < 0 ? '−' : '+'}${percent(Math.abs(fraction), 1)}`;
}
