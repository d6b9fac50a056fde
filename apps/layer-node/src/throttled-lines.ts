import type { TokenBucket } from '@layerline/protocol';

/**
 * Passes on the lines of a stage's log as far as an allowance goes, and says in a line of its own how many it had to leave
 * out: a stage that logs without end must not get its node rejected.
 */
export class ThrottledLines {
  #leftOut = 0;

  constructor(
    readonly allowance: Pick<TokenBucket, 'take'>,
    readonly pass: (line: string) => void,
  ) {}

  line(line: string): void {
    if (this.#leftOut > 0 && this.allowance.take()) this.#own();
    if (this.#leftOut === 0 && this.allowance.take()) this.pass(line);
    else this.#leftOut++;
  }

  /** The stage has written its last line. */
  end(): void {
    if (this.#leftOut > 0) this.#own();
  }

  #own(): void {
    this.pass(`${this.#leftOut} lines were left out here: they came faster than the node may pass them on`);
    this.#leftOut = 0;
  }
}
