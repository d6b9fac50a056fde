import type { TrainResult } from '@layerline/api';
import { listRuns } from '@layerline/checkpoint';
import { percent, whole } from '../display/format.js';
import { printLine } from '../display/print-line.js';
import { printable } from '../display/printable.js';
import { table } from '../display/table.js';

/** `layerline runs`. @returns the exit code */
export async function runs(options: { out: string; json: boolean }): Promise<number> {
  const found = await listRuns(options.out);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(found)}\n`);
  } else if (found.length === 0) {
    printLine(`No runs in ${options.out}. Start one: npx layerline train`);
  } else {
    const rows = found.map(({ id, state, result }) => {
      const { dataset, epochs, testError, imagesPerSecond } = (result ?? {}) as Partial<TrainResult>;
      const error = testError === undefined || testError === null ? '' : percent(testError);
      return [id, state, dataset ?? '', String(epochs ?? ''), error, imagesPerSecond ? whole(imagesPerSecond) : ''];
    });
    process.stdout.write(printable(table(['run', 'state', 'data set', 'epochs', 'test error', 'images/s'], rows)));
    for (const { state, id, failure = '' } of found) if (state === 'damaged') printLine(`${id}: ${failure}`);
  }
  return 0;
}
