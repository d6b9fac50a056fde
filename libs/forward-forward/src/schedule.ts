/**
 * The learning rate of a step: constant for the first half of training, then falling linearly towards 0.
 * Most of the last half point of accuracy comes from the decay.
 * @param base the initial rate
 * @param step counted from 0, below `totalSteps`
 * @param totalSteps of the whole training
 */
export function learningRateAt(base: number, step: number, totalSteps: number): number {
  return base * Math.min(1, 2 * (1 - step / totalSteps));
}
