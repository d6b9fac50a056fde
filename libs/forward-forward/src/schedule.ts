/**
 * The learning rate of a step: constant for the first half of training, then falling in a straight line towards 0.
 * Most of the last half point of accuracy comes from the decay.
 * @param base the rate to start with
 * @param step counted from 0, below `totalSteps`
 * @param totalSteps the steps of the whole training
 */
export function learningRateAt(base: number, step: number, totalSteps: number): number {
  return base * Math.min(1, 2 * (1 - step / totalSteps));
}
