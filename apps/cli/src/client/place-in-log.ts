import { MAX_LOG_LINES } from '@layerline/api';
import type { LogEntry, LogQuery } from '@layerline/api';

/** How far a log has been read, for the time when it is asked for again. A line has no number: many may be of the same time. */
export class PlaceInLog {
  #wanted: LogQuery;
  #at: string | undefined;
  /** Lines of that time that have been read. */
  #read = 0;
  /** As many of them will come once more. */
  #repeated = 0;

  constructor(wanted: LogQuery) {
    this.#wanted = wanted;
  }

  /** What to ask for. */
  get wanted(): LogQuery {
    return this.#wanted;
  }

  /** An answer begins to come. */
  begin(): void {
    this.#repeated = this.#read;
  }

  /** @returns false for a line that has been read before */
  reach({ at }: LogEntry): boolean {
    if (this.#repeated > 0 && at === this.#at) {
      this.#repeated--;
      return false;
    }
    this.#read = at === this.#at ? this.#read + 1 : 1;
    this.#at = at;
    this.#wanted = { ...this.#wanted, since: at, lines: MAX_LOG_LINES };
    return true;
  }
}
