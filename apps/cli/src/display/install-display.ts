import type { InstallProgress } from '@layerline/engine-tfjs';
import { createLogUpdate } from 'log-update';
import { megabytes } from './format.js';

/** Shows the progress of an installation: a live line on a terminal, a line per step elsewhere. */
export class InstallDisplay {
  readonly #update: ReturnType<typeof createLogUpdate> | undefined;
  #step: string | undefined;

  constructor(readonly stream: NodeJS.WriteStream) {
    this.#update = stream.isTTY ? createLogUpdate(stream) : undefined;
  }

  progress({ step, bytes }: InstallProgress): void {
    if (this.#update !== undefined) this.#update(bytes === undefined ? `${step} …` : `${step}: ${megabytes(bytes)}`);
    else if (step !== this.#step) this.stream.write(`${step}\n`);
    this.#step = step;
  }

  close(): void {
    this.#update?.clear();
    this.#update?.done();
  }
}
