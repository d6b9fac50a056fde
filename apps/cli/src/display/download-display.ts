import type { DownloadProgress } from '@layerline/datasets';
import { createLogUpdate } from 'log-update';
import { megabytes, progressBar, whole } from './format.js';

/** Shows the progress of a download, or of reading many files: a live line on a terminal, a line per file elsewhere. */
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

  /** Shows how many of many files have been read. */
  files(done: number, all: number): void {
    const counted = `${whole(done)} of ${whole(all)} files`;
    if (this.#update !== undefined) this.#update(`Reading ${progressBar(done / all)}  ${counted}`);
    else if (!this.#seen.has('files')) this.stream.write(`Reading ${whole(all)} files\n`);
    this.#seen.add('files');
  }

  close(): void {
    this.#update?.clear();
    this.#update?.done();
  }
}
