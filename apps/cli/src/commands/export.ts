import { basename, dirname, join, resolve } from 'node:path';
import { CheckpointError, summarizeRun } from '@layerline/checkpoint';
import { RunArchive } from '@layerline/coordinator';
import { exported } from '../export/formats.js';
import type { Format } from '../export/formats.js';
import { writeFile } from '../export/write-file.js';
import { printLine } from '../display/print-line.js';
import { findRun } from '../run-lookup.js';

export interface ExportArguments {
  readonly run: string;
  /** Folder of the runs. */
  readonly out: string;
  /** Folder that gets what is exported. */
  readonly to: string;
  readonly format: Format;
}

/** `layerline export RUN`: writes what has been measured so far. @returns the exit code @throws CheckpointError, ExportError */
export async function exportRun({ run, out, to, format }: ExportArguments): Promise<number> {
  const folder = resolve((await findRun(run, out)).folder);
  const summary = await summarizeRun(dirname(folder), basename(folder));
  if (summary === undefined) throw new CheckpointError(`${folder} is not the folder of a run: it has no state.json`);
  const archive = await RunArchive.open(summary);
  try {
    const { path, content } = exported(archive, format);
    await writeFile(join(to, path), content);
    printLine(join(to, path));
  } finally {
    archive.close();
  }
  return 0;
}
