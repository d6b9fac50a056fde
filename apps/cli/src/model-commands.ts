import type { RunConfig } from '@layerline/plan';
import { Command, Option } from 'commander';
import { evaluate } from './commands/evaluate.js';
import { EXPORT_FORMATS, exportRun } from './commands/export.js';
import type { ExportArguments } from './commands/export.js';
import { expandHome } from './environment.js';
import { engineOption, runsFolderOption } from './run-options.js';

interface EvaluateFlags {
  readonly dataDir?: string;
  readonly engine: RunConfig['engine'];
  readonly out: string;
  readonly json?: true;
}

/** Commands about what a run has left. @param ended told how the command ended */
export function modelCommands(ended: (exitCode: number) => void): Command[] {
  return [
    new Command('evaluate')
      .description('evaluate the model of a run on its test set')
      .argument('<run>', 'folder of a run, or its id')
      .option('--data-dir <folder>', 'folder of the data, if it has moved', expandHome)
      .addOption(engineOption())
      .addOption(runsFolderOption())
      .option('--json', 'print one JSON object')
      .action(async (run: string, { dataDir, engine, out, json }: EvaluateFlags) => {
        ended(await evaluate({ run, out, dataDir, engine, json: json === true }));
      }),
    new Command('export')
      .description('write what has been measured of a run, or its model, into a file for other tools')
      .argument('<run>', 'folder of a run, or its id')
      .addOption(new Option('--format <name>', 'format of the file').choices(EXPORT_FORMATS).makeOptionMandatory())
      .option('--data-dir <path>', 'where the data is, for a model of standardized rows that have moved', expandHome)
      .option('--to <folder>', 'folder that gets the file', expandHome, 'export')
      .addOption(runsFolderOption())
      .action(async (run: string, given: Omit<ExportArguments, 'run'>) => {
        ended(await exportRun({ run, ...given }));
      }),
  ];
}
