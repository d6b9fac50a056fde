import type { Network } from '../src/network.js';
import type { ServiceTimes } from '../src/simulation/calibration.js';
import { shapesOf } from '../src/simulation/placement.js';

/** Round numbers: layers of 16 and 40 ms, and links that take 0.1 ms and a microsecond a kilobyte of either end. */
export const SERVICE_TIMES: ServiceTimes = {
  pairs: 100,
  threads: 1,
  layers: [
    { inputs: 784, overlay: 10, units: 2000, forward: [4], learn: [12] },
    { inputs: 2000, overlay: 0, units: 2000, forward: [9, 10, 10], learn: [29, 30, 45] },
  ],
  slowdown: 1,
  feeder: 1,
  evaluator: 0.01,
  assembling: 5e-7,
  transport: [
    { bytes: 1_000_000, encoding: 0.1, sending: 1.1, receiving: 1.1 },
    { bytes: 2_000_000, encoding: 0.1, sending: 2.1, receiving: 2.1 },
  ],
};

/** The same for the layers and shards of other networks, which take about 20 microseconds a unit. */
export function timesFor(...networks: readonly Network[]): ServiceTimes {
  const layers = networks.flatMap(shapesOf).map((shape) => {
    const ofUnits = (...shares: readonly number[]): number[] => shares.map((share) => 0.02 * share * shape.units);
    const times = { forward: ofUnits(0.2, 0.25, 0.3), learn: ofUnits(0.7, 0.7, 1) };
    return shape.of === undefined ? { ...shape, ...times } : { ...shape, ...times, finish: ofUnits(0.05) };
  });
  return { ...SERVICE_TIMES, layers };
}
