import type { Programs } from '@layerline/layer-node';
import { ConfigError } from '@layerline/plan';
import { Option } from 'commander';
import { checkedName } from './option-values.js';

/** `--program`, which may be given more than once. */
export function programOption(): Option {
  const help = "a program of this machine's own that can stand in for layers; its command is split at spaces";
  return new Option('--program <name=command>', help).argParser(
    (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
  );
}

/** The programs given with `--program`. @throws ConfigError for text that is not NAME=COMMAND, and for repeated names */
export function readPrograms(texts: readonly string[] = []): Programs {
  const programs = new Map<string, readonly string[]>();
  for (const text of texts) {
    const [, name = '', command = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const words = command.split(' ').filter((word) => word !== '');
    if (name === '' || words.length === 0) {
      throw new ConfigError(`program: "${text}" is not NAME=COMMAND`);
    }
    checkedName('program', name);
    if (programs.has(name)) throw new ConfigError(`program: ${name} is given twice`);
    programs.set(name, words);
  }
  return programs;
}

/** Refuses `--program` if the nodes are other processes, which have their own. @throws ConfigError if any is given */
export function refuseProgramsOfNodes(texts: readonly string[]): void {
  if (texts.length > 0) {
    throw new ConfigError('program: programs belong to the nodes: give --program to layerline node instead');
  }
}

/** Refuses a plan that names programs which were not given. @throws ConfigError */
export function checkPrograms(wanted: Readonly<Record<string, string>> | undefined, programs: Programs): void {
  for (const [stage, name] of Object.entries(wanted ?? {})) {
    if (programs.has(name)) continue;
    throw new ConfigError(
      `programs: ${stage} needs the program ${name}, which is not defined: add --program ${name}=COMMAND`,
    );
  }
}
