import { readdirSync } from 'node:fs';
import { DATASET_NAMES } from '@layerline/datasets';
import { layerName, PRESET_NAMES, runConfigSchema, stagesOf } from '@layerline/plan';
import type { Argument, Option } from 'commander';
import * as z from 'zod';
import { LOCAL, profileNames } from '../client/profiles.js';
import { findRun } from '../run-lookup.js';
import { runsFolder } from '../run-options.js';
import { ofWords } from './complete.js';
import type { Candidates, Line, Values } from './complete.js';

const NONE: Candidates = { words: [] };
const FILES: Candidates = { words: [], paths: 'files' };
const FOLDERS: Candidates = { words: [], paths: 'folders' };

/** Values by what the help calls them, as in `--to <folder>`. */
const BY_PLACEHOLDER: Readonly<Record<string, (line: Line) => Candidates>> = {
  file: () => FILES,
  path: () => FILES,
  'name or path': () => ({ ...ofWords(['auto', ...DATASET_NAMES]), paths: 'files' }),
  folder: () => FOLDERS,
  run: (line) => ofWords(runsIn(line)),
};

/** What values there are on this machine: names, runs, the stages of a run. No coordinator is asked, which would take time. */
export const VALUES: Values = {
  ofOption: async (option, line) => {
    const key = option.attributeName();
    if (key === 'preset') return ofWords(PRESET_NAMES);
    if (key === 'coordinator') return ofWords([...profileNames(), LOCAL]);
    const named = BY_PLACEHOLDER[placeholderOf(option)]?.(line);
    return named ?? ofWords(choicesOfConfig(key));
  },
  ofArgument: async (argument, line) => {
    switch (argument.name()) {
      case 'run':
        return { words: runsIn(line).map((word) => ({ word })), ...(isFolderToo(argument) && { paths: 'folders' }) };
      case 'layer':
      case 'stage':
        return stagesIn(line, argument.name());
      case 'file':
      case 'path':
      case 'picture':
        return FILES;
      case 'name':
        return line.command.parent?.name() === 'profiles' ? profilesFor(line.command.name()) : NONE;
      case 'command':
        return ofWords(
          line.root
            .createHelp()
            .visibleCommands(line.root)
            .map((command) => command.name()),
        );
      default:
        return NONE;
    }
  },
};

/** `folder` of `--out <folder>` */
function placeholderOf({ flags }: Option): string {
  return /[<[]([^>\]]*)[>\]]/.exec(flags)?.[1]?.replace('...', '') ?? '';
}

function isFolderToo({ description }: Argument): boolean {
  return description.startsWith('folder');
}

/** Names that a setting of a training can have. */
function choicesOfConfig(key: string): string[] {
  const schema = Object.entries(runConfigSchema.shape).find(([name]) => name === key)?.[1];
  if (schema === undefined) return [];
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });
  const each = [json, ...(json.anyOf ?? [])].flatMap((choice) => [...(choice.enum ?? []), choice.const]);
  return each.filter((choice) => typeof choice === 'string');
}

/** Ids of runs, the newest first. */
function runsIn({ options }: Line): string[] {
  const entries = readdirSync(runsFolder(options.get('out')), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return folders.sort().reverse();
}

async function stagesIn({ given: [run = ''], options }: Line, what: string): Promise<Candidates> {
  const { plan } = await findRun(run, runsFolder(options.get('out')));
  if (what === 'layer') return ofWords(plan.layers.map((_, index) => layerName(index)));
  return ofWords(stagesOf(plan).map(({ stage }) => stage));
}

function profilesFor(command: string): Candidates {
  if (command === 'add') return NONE;
  return ofWords(command === 'use' ? [...profileNames(), LOCAL] : profileNames());
}
