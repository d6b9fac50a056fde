import { flagOf } from '../train-options.js';

/** What means itself in every shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** A command of ours as it is typed: `layerline attach RUN`. */
export function commandLine(...words: readonly string[]): string {
  const quoted = words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  return ['layerline', ...quoted].join(' ');
}

/** The command that this process is. */
export function thisCommand(): string {
  return commandLine(...process.argv.slice(2));
}

/** Options as they are typed. @param options by key; those without a value are left out */
export function optionWords(options: Readonly<Record<string, string | boolean | undefined>>): string[] {
  return Object.entries(options).flatMap(([key, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [flagOf(key)] : [flagOf(key), value];
  });
}
