/** Those who wait until a snapshot no older than a step has been stored or given up. */
export class SnapshotWaits {
  readonly #waits = new Set<{ readonly step: number; readonly resolve: (isStored: boolean) => void }>();

  /** @param least its step, at least @returns whether it was stored */
  until(least: number): Promise<boolean> {
    return new Promise((resolve) => this.#waits.add({ step: least, resolve }));
  }

  /** The snapshot of this step is stored or given up. */
  settle(step: number, isStored: boolean): void {
    for (const wait of this.#waits) {
      if (step < wait.step) continue;
      this.#waits.delete(wait);
      wait.resolve(isStored);
    }
  }

  /** There will be none any more: the life that they were to be taken of is over. */
  clear(): void {
    this.#waits.clear();
  }
}
