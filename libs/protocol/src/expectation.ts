import * as z from 'zod';

/** Numbers that are accepted. A bound that is left out is none. */
export interface NumberRange {
  /** At least this. */
  readonly from?: number | undefined;
  /** More than this. */
  readonly above?: number | undefined;
  /** At most this. */
  readonly to?: number | undefined;
  /** Less than this. */
  readonly below?: number | undefined;
  readonly isWhole?: boolean | undefined;
}

/** `a whole number from 1 to 256`, `a number above 0 and below 1`, `a number of at least 0` */
export function rangeInWords({ from, above, to, below, isWhole }: NumberRange): string {
  const kind = isWhole === true ? 'a whole number' : 'a number';
  if (from !== undefined && to !== undefined) return `${kind} from ${from} to ${to}`;
  if (from !== undefined)
    return below === undefined ? `${kind} of at least ${from}` : `${kind} from ${from} to below ${below}`;
  const most = to === undefined ? undefined : `at most ${to}`;
  const bounds = [above === undefined ? undefined : `above ${above}`, below === undefined ? most : `below ${below}`];
  const said = bounds.filter((bound) => bound !== undefined);
  return said.length === 0
    ? kind
    : `${kind} ${above === undefined && below === undefined ? 'of ' : ''}${said.join(' and ')}`;
}

/** `a, b or c` */
export function choiceInWords(choices: readonly string[]): string {
  const last = choices.at(-1) ?? '';
  return choices.length < 2 ? last : `${choices.slice(0, -1).join(', ')} or ${last}`;
}

/**
 * What a value that does not fit its schema has to be, for a person: `has to be a whole number from 1 to 256`. It says all that is
 * accepted in its place, and not only what this value lacks.
 * @param schema that the whole was checked with @param issue of that check
 */
export function expectation(schema: z.ZodType, issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `has no ${choiceInWords(issue.keys.map((key) => `"${key}"`))}`;
  // A sentence of the schema's own.
  if (issue.code === 'custom' || issue.message.startsWith('has to')) return issue.message;
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });
  const words = inWords({ anyOf: placesIn(json, issue.path) }, issue.code === 'too_big');
  return words === undefined ? issue.message.replace(/^Invalid input: /, '') : `has to be ${words}`;
}

type Json = z.core.JSONSchema.BaseSchema;

/** The parts of a JSON schema that are for the value at a path: several where it chooses between schemas. */
function placesIn(schema: Json, path: readonly PropertyKey[]): Json[] {
  const [step, ...rest] = path;
  if (step === undefined) return [schema];
  const found = innerOf(schema, step).flatMap((inner) => placesIn(inner, rest));
  return found.length > 0 ? found : choicesOf(schema).flatMap((choice) => placesIn(choice, path));
}

function innerOf({ properties, additionalProperties, items }: Json, step: PropertyKey): Json[] {
  const inner = typeof step === 'number' ? items : (properties?.[String(step)] ?? additionalProperties);
  return typeof inner === 'object' && !Array.isArray(inner) ? [inner] : [];
}

function choicesOf({ anyOf, oneOf }: Json): Json[] {
  return [...(anyOf ?? []), ...(oneOf ?? [])].filter((choice) => typeof choice === 'object');
}

/** @param isTooBig whether to name a greatest number that is merely the greatest there is */
function inWords(schema: Json, isTooBig: boolean): string | undefined {
  if (schema.enum !== undefined) return choiceInWords(schema.enum.map(String));
  if (schema.const !== undefined) return String(schema.const);
  const choices = choicesOf(schema).map((choice) => inWords(choice, isTooBig));
  if (choices.length > 0) {
    return choices.includes(undefined) ? undefined : choiceInWords([...new Set(choices as string[])]);
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return rangeInWords(rangeOf(schema, isTooBig));
    case 'boolean':
      return 'true or false';
    case 'string':
      return schema.pattern === undefined
        ? `text${sizeInWords(schema.minLength, schema.maxLength, 'character')}`
        : undefined;
    case 'array':
      return `a list${sizeInWords(schema.minItems, schema.maxItems, 'entry', 'entries')}`;
    case 'object':
      return 'keys with values';
    case 'null':
      return 'null';
    default:
      return undefined;
  }
}

function rangeOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Json, isTooBig: boolean): NumberRange {
  return {
    from: minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum,
    to: maximum === Number.MAX_SAFE_INTEGER && !isTooBig ? undefined : maximum,
    above: numberOf(exclusiveMinimum),
    below: numberOf(exclusiveMaximum),
    isWhole: type === 'integer',
  };
}

/** In old drafts of JSON schema, such a bound is a flag. */
function numberOf(bound: number | boolean | undefined): number | undefined {
  return typeof bound === 'number' ? bound : undefined;
}

function sizeInWords(least: number | undefined, most: number | undefined, one: string, several = `${one}s`): string {
  if (most !== undefined) return ` of ${least ?? 0} to ${most} ${several}`;
  return least === undefined || least === 0 ? '' : ` of at least ${least} ${least === 1 ? one : several}`;
}
