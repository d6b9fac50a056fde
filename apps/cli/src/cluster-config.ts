import { isAbsolute } from 'node:path';
import { ConfigError } from '@layerline/plan';
import type { RunConfig } from '@layerline/plan';
import { gatherConfig } from './config-sources.js';
import type { ConfigInputs } from './config-sources.js';
import { flagOf, variableOf } from './train-options.js';

/** Options that a coordinator would silently ignore, and what to do instead. */
const NOT_OF_A_COORDINATOR: Readonly<Record<string, string>> = {
  resume:
    'a coordinator that is started again continues the runs that were under way by itself, and layerline resume RUN takes up ' +
    'those that had ended; layerline train --resume RUN continues one on this machine alone',
  out: 'a coordinator keeps its runs where layerline coordinator --out says: leave the option out here',
  port: 'it applies only to training on this machine alone: give the port in the address of --coordinator',
};

/**
 * The config of a run on the nodes of a coordinator. This machine's data folder does not matter there, and the variable that
 * names it may be set for a node here, so it is ignored.
 * @throws ConfigError as {@link gatherConfig} does, for options that only apply to this machine, and for a relative path of
 * snapshots, which each machine would resolve differently
 */
export function clusterConfig(inputs: ConfigInputs): RunConfig {
  for (const [key, advice] of Object.entries(NOT_OF_A_COORDINATOR)) {
    if (inputs.options[key] !== undefined) throw new ConfigError(`${flagOf(key)}: ${advice}`);
  }
  const environment = { ...inputs.environment, [variableOf('dataDir')]: undefined };
  const { config } = gatherConfig({ ...inputs, environment });
  if (/^[.~]|[/\\]/.test(config.dataset)) {
    throw new ConfigError(
      `dataset: ${config.dataset} is a path, and data belongs to the nodes: start one with layerline node ` +
        '--dataset NAME=PATH, and give its name here',
    );
  }
  if (config.snapshotDir !== undefined && !isAbsolute(config.snapshotDir)) {
    throw new ConfigError(
      `snapshotDir: it is a folder on the coordinator's machine: give an absolute path, not ${config.snapshotDir}`,
    );
  }
  return config;
}
