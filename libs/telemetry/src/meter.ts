/** What a stage can be doing. */
export type Activity = 'busy' | 'waitingForInput' | 'waitingForCredit';

const MICROSECONDS_PER_MILLISECOND = 1000;

/** Time by activity, in milliseconds, and rows, since the meter was made. They only grow: a reader works out rates. */
export interface MeterReading extends Record<Activity, number> {
  readonly elapsed: number;
  /** Processor time of this process, user and system, in milliseconds: that of all its threads, whatever they did. */
  readonly cpu: number;
  readonly rows: number;
}

/** Keeps account of how a stage spends its time. Always in exactly one activity. */
export class Meter {
  readonly #madeAt = performance.now();
  readonly #cpuBefore = cpuTime();
  readonly #spent: Record<Activity, number> = { busy: 0, waitingForInput: 0, waitingForCredit: 0 };
  #activity: Activity = 'waitingForInput';
  #since = this.#madeAt;
  #rows = 0;

  enter(activity: Activity): void {
    const now = performance.now();
    this.#spent[this.#activity] += now - this.#since;
    this.#since = now;
    this.#activity = activity;
  }

  countRows(rows: number): void {
    this.#rows += rows;
  }

  /** What has happened so far. */
  read(): MeterReading {
    this.enter(this.#activity);
    const elapsed = this.#since - this.#madeAt;
    return { ...this.#spent, elapsed, cpu: cpuTime() - this.#cpuBefore, rows: this.#rows };
  }
}

/** Processor time of this process so far, in milliseconds. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS_PER_MILLISECOND;
}
