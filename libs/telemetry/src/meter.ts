/** What a stage can be doing. */
export type Activity = 'busy' | 'waitingForInput' | 'waitingForCredit';

const MICROSECONDS_PER_MILLISECOND = 1000;

/** Time by activity, in milliseconds, and rows, over an interval. */
export interface MeterReading extends Record<Activity, number> {
  readonly interval: number;
  /** Processor time of this process, user and system, in milliseconds: that of all its threads, whatever they did. */
  readonly cpu: number;
  readonly rows: number;
}

/** Keeps account of how a stage spends its time. Always in exactly one activity. */
export class Meter {
  #activity: Activity = 'waitingForInput';
  #since = performance.now();
  #startedAt = this.#since;
  #cpu = cpuTime();
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
    const cpu = cpuTime();
    const interval = this.#since - this.#startedAt;
    const reading = { ...this.#spent, interval, cpu: cpu - this.#cpu, rows: this.#rows };
    this.#spent = { busy: 0, waitingForInput: 0, waitingForCredit: 0 };
    this.#startedAt = this.#since;
    this.#cpu = cpu;
    this.#rows = 0;
    return reading;
  }
}

/** Processor time of this process so far, in milliseconds. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS_PER_MILLISECOND;
}
