import type { DownloadProgress } from '@layerline/datasets';
import { createLogUpdate } from 'log-update';
import { megabytes, progressBar } from './format.js';

/** Shows the progress of a download: a live line on a terminal, a line per file elsewhere. */
export class DownloadDisplay {
  readonly #update: ReturnType<typeof createLogUpdate> | undefined;
  readonly #seen = new Set<string>();

  constructor(readonly stream: NodeJS.WriteStream) {
    this.#update = stream.isTTY ? createLogUpdate(stream) : undefined;
  }

  progress({ file, receivedBytes, totalBytes }: DownloadProgress): void {
    const bar = totalBytes === undefined ? '' : `${progressBar(receivedBytes / totalBytes)}  `;
    if (this.#update !== undefined) this.#update(`Downloading ${bar}${file}, ${megabytes(receivedBytes)}`);
    else if (!this.#seen.has(file)) this.stream.write(`Downloading ${file}\n`);
    this.#seen.add(file);
  }

  close(): void {
    this.#update?.clear();
    this.#update?.done();
  }
}
