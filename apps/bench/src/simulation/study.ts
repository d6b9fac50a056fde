import { availableParallelism } from 'node:os';
import { threadsPerLayer } from '@layerline/plan';
import type { Network } from '../network.js';
import type { Transport } from '../transport.js';
import type { Recipe } from '../work.js';
import { BALANCED, balancedShapes, predictBalanced } from './balanced-scenarios.js';
import type { BalancedPrediction } from './balanced-scenarios.js';
import { calibrate, shapeKey } from './calibration.js';
import type { ServiceTimes } from './calibration.js';
import { shapesOf } from './placement.js';
import { layerPerNode, predict, PREDICTED, simulateHere, validate } from './scenarios.js';
import type { Prediction, Validation } from './scenarios.js';
import { measureStageTimes } from './stage-times.js';
import type { LayerShape, StageTimes } from './stage-times.js';

/** A pipeline that really ran on this machine, with the threads that the command chooses. */
export interface RealRun {
  readonly network: Network;
  readonly imagesPerSecond: number;
}

/** What the simulation takes from this machine, how near to it it comes, and what it says of others. Plain JSON. */
export interface SimulationStudy {
  /** Of layers with one thread, which the predictions are made with. */
  readonly times: ServiceTimes;
  readonly validations: readonly Validation[];
  readonly predictions: readonly Prediction[];
  /** Of a network that is cut as is best; left out in reports of earlier versions. */
  readonly balanced?: readonly BalancedPrediction[];
}

export interface StudyOptions {
  readonly recipe: Recipe;
  readonly pairs: number;
  /** Frames that each layer is timed over. */
  readonly repeats: number;
  /** Of two widths or more. */
  readonly transport: readonly Transport[];
  readonly real: readonly RealRun[];
  readonly say: (line: string) => void;
}

/** Calibrates the simulation on this machine, holds it against real runs, and predicts. @throws ProgramError */
export async function studySimulation(options: StudyOptions): Promise<SimulationStudy> {
  const { real, say } = options;
  const cores = availableParallelism();
  const predicted = PREDICTED.nodes.flatMap((nodes) => shapesOf(layerPerNode(nodes, PREDICTED.units)));
  const common = [...real.flatMap(({ network }) => shapesOf(network)), ...predicted];
  const measure = (shapes: readonly LayerShape[], threads: number, beside = 0): Promise<StageTimes> => {
    const { recipe, pairs, repeats } = options;
    return measureStageTimes({ recipe, pairs, shapes, threads, beside, repeats });
  };
  const alone = await measure(unique([...common, ...balancedShapes()]), 1);
  const together = cores > 1 ? await measure(unique(common), 1, cores - 1) : undefined;
  const { pairs, transport } = options;
  const times = calibrate({ pairs, threads: 1, alone, together, transport });
  say(`a machine with all cores busy takes ${times.slowdown.toFixed(2)} times as long`);
  const validations: Validation[] = [];
  for (const { network, imagesPerSecond } of real) {
    const threads = threadsPerLayer(network, cores);
    const own =
      threads === 1 ? times : { ...times, threads, layers: (await measure(shapesOf(network), threads)).layers };
    const validation = validate(network, simulateHere(network, own, cores).imagesPerSecond, imagesPerSecond);
    say(
      `${validation.network}: ${Math.round(validation.simulated)} images/s simulated, ${Math.round(validation.real)} real`,
    );
    validations.push(validation);
  }
  say(`${BALANCED.network.name} on ${BALANCED.nodes.join(' and ')} nodes of one core: looking for the best cut`);
  return { times, validations, predictions: predict(times), balanced: predictBalanced(times) };
}

function unique(shapes: readonly LayerShape[]): LayerShape[] {
  return [...new Map(shapes.map((shape) => [shapeKey(shape), shape])).values()];
}
