import type { ServiceTimes } from '../src/simulation/calibration.js';

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
  transport: [
    { bytes: 1_000_000, sending: 1.1, receiving: 1.1 },
    { bytes: 2_000_000, sending: 2.1, receiving: 2.1 },
  ],
};
