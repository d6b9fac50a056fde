/**
 * Says when a trial is to end early: once its best validation error so far is worse than the median of what the others had at the
 * same epoch (the median stopping rule; Golovin et al. 2017, Google Vizier, section 3.2.2).
 */
export class MedianRule {
  /** By trial, then by epoch, the least validation error by then. */
  readonly #best = new Map<string, Map<number, number>>();

  /** @param after epochs that every trial gets @param others that must have come as far */
  constructor(
    readonly after: number,
    readonly others: number,
  ) {}

  /** Takes what a trial has reached after an epoch. @returns whether it should end */
  add(trial: string, epoch: number, validationError: number): boolean {
    const own = this.#best.get(trial) ?? new Map<number, number>();
    this.#best.set(trial, own);
    const best = Math.min(validationError, ...own.values());
    own.set(epoch, best);
    if (epoch < this.after) return false;
    const reached = [...this.#best].flatMap(([other, errors]) => (other === trial ? [] : (errors.get(epoch) ?? [])));
    return reached.length >= this.others && best > medianOf(reached);
  }
}

function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}
