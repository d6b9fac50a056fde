import type { Argument, Command, Option } from 'commander';

/** What can stand where the cursor is. */
export interface Candidates {
  readonly words: readonly Candidate[];
  /** What of the file system can stand there, too. */
  readonly paths?: 'files' | 'folders' | undefined;
}

export interface Candidate {
  readonly word: string;
  /** For people, in a line. */
  readonly about?: string | undefined;
}

/** What values options and arguments can have, beside the choices that they name. */
export interface Values {
  readonly ofOption: (option: Option, line: Line) => Promise<Candidates>;
  readonly ofArgument: (argument: Argument, line: Line) => Promise<Candidates>;
}

/** What has been typed before the word at the cursor. */
export interface Line {
  readonly root: Command;
  readonly command: Command;
  /** Arguments of the command so far. */
  readonly given: readonly string[];
  /** Options so far, by name, with their values. */
  readonly options: ReadonlyMap<string, string>;
}

const NONE: Candidates = { words: [] };

/**
 * What can stand in place of the last word of a command line.
 * @param typed all words after the program's name; the last one is where the cursor is, and may be empty
 */
export async function complete(root: Command, typed: readonly string[], values: Values): Promise<Candidates> {
  const words = joined(typed);
  const last = words.pop() ?? '';
  const { line, awaiting, areOptionsOver } = read(root, words);
  if (awaiting !== undefined && (awaiting.required || !last.startsWith('-')))
    return startingWith(last, await valuesOf(awaiting, line, values));
  const isOption = last.startsWith('-') && !areOptionsOver;
  const [name, value] = splitAtEquals(last);
  if (isOption && value !== undefined) {
    const option = optionsOf(line.command).find(({ long }) => long === name);
    return option === undefined ? NONE : startingWith(value, await valuesOf(option, line, values));
  }
  if (isOption) return startingWith(last, optionsLeft(line));
  const found = startingWith(last, await operandsOf(line, values));
  const isNothing = found.words.length === 0 && found.paths === undefined;
  return isNothing && last === '' && !areOptionsOver ? optionsLeft(line) : found;
}

/** Bash hands over `--out=runs` as three words. */
function joined(typed: readonly string[]): string[] {
  const words: string[] = [];
  let isValue = false;
  for (const word of typed) {
    const before = words.at(-1) ?? '';
    const isEquals = word === '=' && /^--[\w-]+$/.test(before);
    if (isEquals || isValue) words[words.length - 1] = before + word;
    else words.push(word);
    isValue = isEquals;
  }
  return words;
}

interface Read {
  readonly line: Line;
  /** The option whose value comes next. */
  readonly awaiting: Option | undefined;
  /** Whether there was a `--`. */
  readonly areOptionsOver: boolean;
}

function read(root: Command, words: readonly string[]): Read {
  const given: string[] = [];
  const options = new Map<string, string>();
  let command = root;
  let awaiting: Option | undefined;
  let areOptionsOver = false;
  for (const word of words) {
    if (awaiting !== undefined && (awaiting.required || !word.startsWith('-'))) {
      options.set(awaiting.attributeName(), word);
      awaiting = undefined;
      continue;
    }
    awaiting = undefined;
    if (word === '--') areOptionsOver = true;
    else if (word.startsWith('-') && !areOptionsOver) {
      const [name, value] = splitAtEquals(word);
      const option = optionsOf(command).find(({ long, short }) => name === long || name === short);
      if (option !== undefined) options.set(option.attributeName(), value ?? '');
      if (option !== undefined && value === undefined && (option.required || option.optional)) awaiting = option;
    } else {
      const below =
        given.length === 0
          ? command
              .createHelp()
              .visibleCommands(command)
              .find((each) => each.name() === word)
          : undefined;
      if (below === undefined) given.push(word);
      else command = below;
    }
  }
  return { line: { root, command, given, options }, awaiting, areOptionsOver };
}

/** `--out=runs` in two; without a value, undefined. */
function splitAtEquals(word: string): readonly [name: string, value: string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** Those of a command, and those of the commands above that have an effect on it. */
function optionsOf(command: Command): readonly Option[] {
  const help = command.createHelp();
  const above = help.showGlobalOptions ? help.visibleGlobalOptions(command) : [];
  return [...help.visibleOptions(command), ...above];
}

function optionsLeft({ command, options }: Line): Candidates {
  const left = optionsOf(command).filter((option) => option.variadic || !options.has(option.attributeName()));
  const words = left.flatMap(({ long, description }) =>
    long === undefined ? [] : [{ word: long, about: description }],
  );
  return { words: [...new Map(words.map((each) => [each.word, each])).values()] };
}

async function valuesOf(option: Option, line: Line, values: Values): Promise<Candidates> {
  return option.argChoices === undefined ? values.ofOption(option, line) : ofWords(option.argChoices);
}

/** Commands below this one, and values of the argument that is next. */
async function operandsOf(line: Line, values: Values): Promise<Candidates> {
  const { command, given } = line;
  const help = command.createHelp();
  const below = given.length === 0 ? help.visibleCommands(command) : [];
  const commands = below.map((each) => ({ word: each.name(), about: each.description() }));
  const all = command.registeredArguments;
  const argument = all[given.length] ?? all.findLast(({ variadic }) => variadic);
  if (argument === undefined) return { words: commands };
  const found =
    argument.argChoices === undefined ? await values.ofArgument(argument, line) : ofWords(argument.argChoices);
  return { ...found, words: [...commands, ...found.words] };
}

export function ofWords(words: readonly string[]): Candidates {
  return { words: words.map((word) => ({ word })) };
}

function startingWith(start: string, { words, paths }: Candidates): Candidates {
  return { words: words.filter(({ word }) => word.startsWith(start)), paths };
}
