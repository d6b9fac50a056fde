import { runName } from '@layerline/api';
import { ConfigError } from '@layerline/plan';
import { Option } from 'commander';
import { expandHome, pathVariable } from './environment.js';

/** The folder of the runs. @param given with `--out`, as the user wrote it; without, the variable's, or `runs` */
export function runsFolder(given?: string | boolean): string {
  return typeof given === 'string' ? expandHome(given) : (pathVariable('LAYERLINE_OUT') ?? 'runs');
}

/** `--out`, of commands that find runs. */
export function runsFolderOption(help = 'folder of the runs'): Option {
  return new Option('--out <folder>', help).argParser(expandHome).default(runsFolder());
}

/** `--engine`, of commands that compute by themselves. */
export function engineOption(): Option {
  return new Option('--engine <name>', 'engine to compute with').choices(['auto', 'onnx', 'tfjs']).default('auto');
}

/** The name that a run is to have, as `--name` gives it. @throws ConfigError for one that is none */
export function checkedName(name: string | undefined): string | undefined {
  const problem = name === undefined ? undefined : runName.safeParse(name).error?.issues[0];
  if (problem !== undefined) throw new ConfigError(`name: "${name}" cannot be one: ${problem.message}`);
  return name;
}
