import type { DownloadProgress } from '@layerline/datasets';
import { firstFitting } from './fitting.js';
import { BAR_WIDTHS, megabytes, progressBar, whole } from './format.js';
import { LiveLines } from './live-lines.js';
import { canRedraw } from './output.js';
import type { Output } from './output.js';
import { printLine } from './print-line.js';
import { printableLine } from './printable.js';

/** Shows the progress of a download, or of reading many files: a live line on a terminal, a line per file elsewhere. */
export class DownloadDisplay {
  readonly #live: LiveLines | undefined;
  readonly #seen = new Set<string>();

  constructor(readonly output: Output) {
    this.#live = canRedraw(output) ? new LiveLines(output) : undefined;
  }

  progress({ file, receivedBytes, totalBytes }: DownloadProgress): void {
    const share = totalBytes === undefined ? undefined : receivedBytes / totalBytes;
    const what = `${printableLine(file)}, ${megabytes(receivedBytes)}`;
    this.#show('Downloading', share, what, { key: file, plain: `Downloading ${file}` });
  }

  /** Shows how many of many files have been read. */
  files(done: number, all: number): void {
    const what = `${whole(done)} of ${whole(all)} files`;
    this.#show('Reading', done / all, what, { key: 'files', plain: `Reading ${whole(all)} files` });
  }

  close(): void {
    this.#live?.close();
  }

  /** In narrow windows the bar becomes shorter, and then goes. @param share 0 … 1; undefined where it is not known */
  #show(doing: string, share: number | undefined, what: string, once: { key: string; plain: string }): void {
    const bars = share === undefined ? [] : BAR_WIDTHS.map((width) => `${doing} ${progressBar(share, width)}  ${what}`);
    const forms = [...bars, `${doing} ${what}`].map((line) => [line]);
    if (this.#live !== undefined) this.#live.show(({ columns }) => firstFitting(forms, columns));
    else if (!this.#seen.has(once.key)) printLine(once.plain, this.output);
    this.#seen.add(once.key);
  }
}
