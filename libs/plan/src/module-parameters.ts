import {
  ACTIVATIONS,
  activationOf,
  defaultNumbers,
  GOODNESSES,
  goodnessOf,
  NEGATIVES,
  NORMALIZATIONS,
  OBJECTIVES,
  objectiveOf,
  READOUTS,
  scheduleOf,
  SCHEDULES,
} from '@layerline/forward-forward';
import type {
  ActivationName,
  GoodnessName,
  GoodnessScale,
  Module,
  NormalizationName,
  ObjectiveName,
  Parameter,
  Range,
  ScheduleName,
  SettingsOf,
} from '@layerline/forward-forward';
import * as z from 'zod';

type KeyOf<Each> = Each extends Module<string, infer Key> ? Key : never;

/** The name of a parameter of a module, which is a key of the config. */
export type ParameterName = KeyOf<
  (typeof OBJECTIVES)[number] | (typeof GOODNESSES)[number] | (typeof ACTIVATIONS)[number] | (typeof SCHEDULES)[number]
>;

/** What of learning is chosen by name, by the key of the config. */
export const MODULES: Readonly<Record<ModuleKey, readonly Module[]>> = {
  objective: OBJECTIVES,
  goodness: GOODNESSES,
  activation: ACTIVATIONS,
  normalization: NORMALIZATIONS,
  negatives: NEGATIVES,
  classifyBy: READOUTS,
  schedule: SCHEDULES,
};
export type ModuleKey = keyof ChosenModules | 'negatives' | 'classifyBy';

/** The modules of a layer. */
export interface ChosenModules {
  readonly objective: ObjectiveName;
  readonly goodness: GoodnessName;
  readonly activation: ActivationName;
  readonly normalization: NormalizationName;
  readonly schedule: ScheduleName;
}

/** A parameter, and the modules that have it. */
export interface KnownParameter extends Parameter {
  readonly key: ParameterName;
  readonly modules: readonly string[];
}

/** Every parameter of every module, each once. Modules that share a parameter share its range. */
export const PARAMETERS_OF_MODULES: readonly KnownParameter[] = knownParameters(Object.values(MODULES).flat());

function knownParameters(modules: readonly Module[]): KnownParameter[] {
  const known = new Map<string, KnownParameter>();
  for (const { name, parameters } of modules) {
    for (const [key, parameter] of Object.entries(parameters)) {
      const { modules: before = [] } = known.get(key) ?? {};
      known.set(key, { ...parameter, key: key as ParameterName, modules: [...before, name] });
    }
  }
  return [...known.values()];
}

/** The parameters as keys of a schema, all of which may be left out. */
export function parameterShape(): { readonly [Key in ParameterName]: z.ZodOptional<z.ZodNumber> } {
  const entries = PARAMETERS_OF_MODULES.map(({ key, range }) => [key, numberIn(range).optional()]);
  return Object.fromEntries(entries) as { [Key in ParameterName]: z.ZodOptional<z.ZodNumber> };
}

function numberIn({ from, above, to, isWhole }: Range): z.ZodNumber {
  let schema = isWhole === true ? z.number().int() : z.number();
  if (from !== undefined) schema = schema.min(from);
  if (above !== undefined) schema = schema.gt(above);
  if (to !== undefined) schema = schema.max(to);
  return schema;
}

/** The scale of a goodness, which defaults go by. */
export function scaleOf({ goodness }: Pick<ChosenModules, 'goodness'>): GoodnessScale {
  return goodnessOf(goodness).scale;
}

/** The parameters that modules have, at their defaults. */
export function defaultParameters(chosen: ChosenModules): { readonly [Key in ParameterName]?: number } {
  const { objective, goodness, activation, schedule } = chosen;
  const modules: Module[] = [
    objectiveOf(objective),
    goodnessOf(goodness),
    activationOf(activation),
    scheduleOf(schedule),
  ];
  return Object.assign({}, ...modules.map((module) => defaultNumbers(module, scaleOf(chosen)))) as {
    [Key in ParameterName]?: number;
  };
}

/** All parameters of the modules that are chosen, those that are not given at their defaults. */
export function parametersOf(
  config: ChosenModules & { readonly [Key in ParameterName]?: number | undefined },
): Readonly<Record<string, number>> {
  const defaults = Object.entries(defaultParameters(config));
  return Object.fromEntries(defaults.map(([key, value]) => [key, config[key as ParameterName] ?? value]));
}

/** A module's settings in a plan. @param numbers that have at least the module's own parameters */
export function settingsOf(module: Module, numbers: Readonly<Record<string, unknown>>): { readonly name: string } {
  const keys = Object.keys(module.parameters);
  return { name: module.name, ...Object.fromEntries(keys.map((key) => [key, numbers[key]])) };
}

/** The schema of such settings. */
export function settingsSchema<const Each extends Module>(modules: readonly Each[]): z.ZodType<SettingsOf<Each>> {
  const [first, ...rest] = modules.map(({ name, parameters }) => {
    const numbers = Object.keys(parameters).map((key) => [key, z.number()] as const);
    return z.strictObject({ name: z.literal(name), ...Object.fromEntries(numbers) });
  });
  if (first === undefined) throw new RangeError('There are no modules to choose from');
  return z.discriminatedUnion('name', [first, ...rest]) as unknown as z.ZodType<SettingsOf<Each>>;
}
