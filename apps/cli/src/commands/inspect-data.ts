import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { contactSheet, inputsOf, NO_SPLIT, openPath, rowCounts, rowsByClass } from '@layerline/datasets';
import type { OpenedPath } from '@layerline/datasets';
import { whole } from '../display/format.js';
import { DownloadDisplay } from '../display/download-display.js';
import { printLine } from '../display/print-line.js';
import { table } from '../display/table.js';

export interface InspectArguments {
  readonly path: string;
  readonly labelColumn: string | undefined;
  readonly header: boolean | undefined;
  /** File that gets a picture of some rows of each class. */
  readonly sheet: string | undefined;
  readonly json: boolean;
}

/** `layerline datasets inspect PATH`: what training would make of a file or folder. @returns the exit code */
export async function inspectData({ path, labelColumn, header, sheet, json }: InspectArguments): Promise<number> {
  const display = new DownloadDisplay(process.stderr);
  const opened = await openPath(path, {
    read: { labelColumn, header },
    onFile: (done, all) => display.files(done, all),
  }).finally(() => display.close());
  if (sheet !== undefined) {
    await mkdir(dirname(sheet), { recursive: true });
    await writeFile(sheet, contactSheet(opened));
  }
  const found = aboutOf(opened);
  if (json) {
    process.stdout.write(`${JSON.stringify({ path, ...found, ...(sheet === undefined ? {} : { sheet }) })}\n`);
    return 0;
  }
  const { format, kind, height, width, channels, label, inputs, rows, range, sha256 } = found;
  const colours = channels === 3 ? ', red, green and blue' : ', grey';
  const each = kind === 'table' ? `${width} numbers` : `${width} × ${height} pixels${colours}`;
  const where = label === 'overwrite' ? 'over the first inputs of a row, where nothing is' : 'in inputs of their own';
  const test =
    opened.test === undefined ? `a share of ${NO_SPLIT.testShare} by default, as there is no test set` : 'its own';
  printLine(`${path}: ${format}, each row ${each}, values from ${range.least} to ${range.most} as inputs`);
  printLine(`Training rows: ${whole(rows.train)}; test set: ${whole(rows.test)} rows, ${test}`);
  printLine(`Labels would be ${where}: ${whole(inputs)} inputs in all. Elsewhere with --label`);
  printLine(`Content: ${sha256}`);
  const counts = found.classes.map(({ name, train, test: tested }) => [name, whole(train), whole(tested)]);
  process.stdout.write(table(['class', 'rows', 'of the test set'], counts));
  if (sheet !== undefined) printLine(`Some rows of each class: ${sheet}`);
  return 0;
}

function aboutOf(opened: OpenedPath) {
  const { spec, sha256, train, test, format } = opened;
  const { classes, ...shape } = spec;
  const trainByClass = rowsByClass(train, classes.length);
  const testByClass = test === undefined ? classes.map(() => 0) : rowsByClass(test, classes.length);
  const { train: trained, test: tested } = rowCounts(
    { spec, sha256, trainByClass, testRows: test?.count ?? 0 },
    NO_SPLIT,
  );
  const scale = train.images instanceof Uint8Array ? 255 : 1;
  let [least, most] = [Infinity, -Infinity];
  for (const value of train.images) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return {
    ...{ format, ...shape, inputs: inputsOf(spec), sha256 },
    rows: { train: trained, test: tested },
    range: { least: least / scale, most: most / scale },
    classes: classes.map((name, label) => ({ name, train: trainByClass[label] ?? 0, test: testByClass[label] ?? 0 })),
  };
}
