import { basename, join, resolve } from 'node:path';
import { exported, FORMATS } from '../export/formats.js';
import type { Format } from '../export/formats.js';
import { MODEL_FORMATS, modelFiles } from '../export/model-file.js';
import type { ModelFormat } from '../export/model-file.js';
import { writeFile } from '../export/write-file.js';
import type { Content } from '../export/write-file.js';
import { printLine } from '../display/print-line.js';
import { openArchive } from '../run-lookup.js';
import { datasetFor, readTrained } from '../trained-network.js';

export const EXPORT_FORMATS = [...FORMATS, ...MODEL_FORMATS] as const;

export interface ExportArguments {
  readonly run: string;
  /** Folder of the runs. */
  readonly out: string;
  /** Folder that gets what is exported. */
  readonly to: string;
  readonly format: Format | ModelFormat;
  /** Where the data is, for a model of standardized rows; undefined for where it was. */
  readonly dataDir: string | undefined;
}

/**
 * `layerline export RUN`: writes what has been measured so far, or the model. @returns the exit code
 * @throws CheckpointError, ConfigError, ExportError
 */
export async function exportRun(given: ExportArguments): Promise<number> {
  const { format } = given;
  const isOfModel = (MODEL_FORMATS as readonly string[]).includes(format);
  if (isOfModel) await exportModel(given, format as ModelFormat);
  else await exportMeasures(given, format as Format);
  return 0;
}

async function exportMeasures({ run, out, to }: ExportArguments, format: Format): Promise<void> {
  const archive = await openArchive(run, out);
  try {
    const { path, content } = exported(archive, format);
    await write(join(to, path), content);
  } finally {
    archive.close();
  }
}

async function exportModel({ run, out, to, dataDir }: ExportArguments, format: ModelFormat): Promise<void> {
  const { folder, plan, parts } = await readTrained(run, out);
  for (const { suffix, bytes } of modelFiles(plan, parts, await datasetFor(plan, dataDir, false), format)) {
    await write(join(to, `${basename(resolve(folder))}${suffix}`), [bytes]);
  }
}

async function write(path: string, content: Content): Promise<void> {
  await writeFile(path, content);
  printLine(path);
}
