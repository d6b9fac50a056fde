import { DATASET_NAMES } from '@layerline/datasets';
import type { OwnDataset } from '@layerline/layer-node';
import { ConfigError } from '@layerline/plan';
import { Option } from 'commander';
import { expandHome } from './environment.js';
import { checkedName } from './option-values.js';

/** `--dataset` of a node, which may be given more than once. */
export function nodeDatasetOption(): Option {
  const help = 'data of this machine for runs that ask for it by this name: a file or a folder';
  return new Option('--dataset <name=path>', help).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    text,
  ]);
}

/**
 * The data given with `--dataset`.
 * @param labelColumn of tables among it
 * @throws ConfigError for text that is not NAME=PATH, for repeated names, and for those of published data
 */
export function readDatasets(texts: readonly string[] = [], labelColumn: string | undefined): OwnDataset[] {
  const found = new Map<string, OwnDataset>();
  for (const text of texts) {
    const [, name = '', path = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    if (name === '' || path === '') throw new ConfigError(`dataset: "${text}" is not NAME=PATH`);
    checkedName('dataset', name);
    if (found.has(name)) throw new ConfigError(`dataset: ${name} is given twice`);
    if (name === 'auto' || DATASET_NAMES.some((each) => each === name)) {
      throw new ConfigError(`dataset: ${name} is the name of a published data set: choose another, or use --data-dir`);
    }
    found.set(name, { name, path: expandHome(path), read: labelColumn === undefined ? {} : { labelColumn } });
  }
  return [...found.values()];
}
