import { describeDatasets } from '@layerline/datasets';
import { megabytes, whole } from '../display/format.js';
import { table } from '../display/table.js';

/** `layerline datasets`. @returns the exit code */
export async function datasets(options: { dataDir: string | undefined; json: boolean }): Promise<number> {
  const described = await describeDatasets({ dataDirectory: options.dataDir });
  if (options.json) {
    process.stdout.write(`${JSON.stringify(described)}\n`);
    return 0;
  }
  const rows = described.map(({ name, description, train, test, present, directory, bytes, problem }) => {
    const where = present ? (directory ?? 'built in') : (problem ?? `not here: a download of ${megabytes(bytes)}`);
    return [name, whole(train), whole(test), description, where];
  });
  process.stdout.write(table(['data set', 'train', 'test', 'what it is', 'where'], rows));
  return 0;
}
