/** What a number may be: all bounds hold. */
export interface Range {
  /** At least this. */
  readonly from?: number;
  /** More than this. */
  readonly above?: number;
  /** At most this. */
  readonly to?: number;
  readonly isWhole?: boolean;
}

/**
 * How goodness grows with a layer's width: that of a `unit` is a mean and stays as it is, that of a `layer` is a sum. What
 * trains well with the one is off by the width with the other.
 */
export type GoodnessScale = 'unit' | 'layer';

/** A number that a module is set by: a key of the config and an option of the command. */
export interface Parameter {
  /** For people, in a line. */
  readonly help: string;
  /** As formulas have it. */
  readonly symbol: string;
  readonly range: Range;
  /** A value that trains, by the scale of the goodness that it goes with. */
  readonly default: Readonly<Record<GoodnessScale, number>>;
  /** Whether it is given in goodness per unit, and is to be turned into the goodness of the layer. */
  readonly isGoodness?: boolean;
}

/**
 * One of several things that a part of learning can be. Whatever offers the choice (config, command line, help, docs, tests)
 * asks the index of its folder, so a new module is a file there and a line in the index.
 */
export interface Module<Name extends string = string, Key extends string = string> {
  readonly name: Name;
  /** For people, in a few words. */
  readonly summary: string;
  /** How it is defined, in mathematical notation. */
  readonly formula: string;
  /** Where it comes from. */
  readonly source: string;
  readonly parameters: Readonly<Record<Key, Parameter>>;
}

/** The values of a module's parameters. */
export type Numbers<Key extends string> = { readonly [Each in Key]: number };

/** A module of a list and the values of its parameters. Plain JSON. */
export type SettingsOf<Each> =
  Each extends Module<infer Name, infer Key> ? { readonly name: Name } & Numbers<Key> : never;

/** The names of modules, in their order. */
export function namesOf<const Each extends Module>(modules: readonly Each[]): readonly Each['name'][] {
  return modules.map(({ name }) => name);
}

/** A module by its name. @throws RangeError where the list has none */
export function moduleOf<const Each extends Module>(modules: readonly Each[], name: string): Each {
  const found = modules.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`There is no ${name} among ${namesOf(modules).join(', ')}`);
  return found;
}

/** The default of each of a module's parameters. */
export function defaultNumbers(module: Module, scale: GoodnessScale): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(module.parameters).map(([key, each]) => [key, each.default[scale]]));
}
