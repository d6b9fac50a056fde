import type { InstallProgress } from '@layerline/engine-tfjs';
import { megabytes } from './format.js';
import { LiveLines } from './live-lines.js';
import { canRedraw } from './output.js';
import type { Output } from './output.js';
import { printLine } from './print-line.js';
import { printableLine } from './printable.js';

/** Shows the progress of an installation: a live line on a terminal, a line per step elsewhere. */
export class InstallDisplay {
  readonly #live: LiveLines | undefined;
  #step: string | undefined;

  constructor(readonly output: Output) {
    this.#live = canRedraw(output) ? new LiveLines(output) : undefined;
  }

  progress({ step, bytes }: InstallProgress): void {
    const line = printableLine(bytes === undefined ? `${step} …` : `${step}: ${megabytes(bytes)}`);
    if (this.#live !== undefined) this.#live.show(() => [line]);
    else if (step !== this.#step) printLine(step, this.output);
    this.#step = step;
  }

  close(): void {
    this.#live?.close();
  }
}
