/** What a stage can be doing. */
export type Activity = 'busy' | 'waitingForInput' | 'waitingForCredit';

/** Time by activity, in milliseconds, and rows, over an interval. */
export interface MeterReading extends Record<Activity, number> {
  readonly interval: number;
  readonly rows: number;
}

/** Keeps account of how a stage spends its time. Always in exactly one activity. */
export class Meter {
  #activity: Activity = 'waitingForInput';
  #since = performance.now();
  #startedAt = this.#since;
  #rows = 0;
  #spent: Record<Activity, number> = { busy: 0, waitingForInput: 0, waitingForCredit: 0 };

  enter(activity: Activity): void {
    const now = performance.now();
    this.#spent[this.#activity] += now - this.#since;
    this.#since = now;
    this.#activity = activity;
  }

  countRows(rows: number): void {
    this.#rows += rows;
  }

  /** What has happened since the last reading. */
  read(): MeterReading {
    this.enter(this.#activity);
    const reading = { ...this.#spent, interval: this.#since - this.#startedAt, rows: this.#rows };
    this.#spent = { busy: 0, waitingForInput: 0, waitingForCredit: 0 };
    this.#startedAt = this.#since;
    this.#rows = 0;
    return reading;
  }
}
