import t from 'tap';
import * as z from 'zod';
import { expectation, rangeInWords } from '../src/expectation.js';
import type { NumberRange } from '../src/expectation.js';

t.test('a range is said in words, whichever of its bounds there are', (t) => {
  const cases: readonly [NumberRange, string][] = [
    [{}, 'a number'],
    [{ from: 0 }, 'a number of at least 0'],
    [{ above: 0 }, 'a number above 0'],
    [{ to: 1 }, 'a number of at most 1'],
    [{ below: 1 }, 'a number below 1'],
    [{ from: 0, to: 1 }, 'a number from 0 to 1'],
    [{ from: 0, below: 1 }, 'a number from 0 to below 1'],
    [{ above: 0, to: 1 }, 'a number above 0 and at most 1'],
    [{ above: 0, below: 1 }, 'a number above 0 and below 1'],
    [{ from: 1, to: 256, isWhole: true }, 'a whole number from 1 to 256'],
    [{ isWhole: true }, 'a whole number'],
  ];
  for (const [range, words] of cases) t.equal(rangeInWords(range), words);
  t.end();
});

const schema = z.strictObject({
  share: z.number().gt(0).lt(1),
  count: z.number().int().min(1),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  any: z.number().int(),
  name: z.string().min(1).max(100),
  label: z.string().regex(/^a/, 'has to begin with a'),
  kind: z.enum(['linear', 'log', 'step']),
  threads: z.union([z.literal('auto'), z.number().int().min(1).max(256)]),
  widths: z.array(z.number().int().min(1).max(9)).min(1).max(64),
  nodes: z.record(z.string(), z.string().min(1)),
  flag: z.boolean().optional(),
  change: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('scale'), to: z.number().int().min(1).max(4) }),
    z.strictObject({ kind: z.literal('move'), node: z.string() }),
  ]),
  bytes: z.instanceof(Uint8Array),
});

t.test('what a value has to be is all that is accepted in its place', (t) => {
  const cases: readonly [keyof z.infer<typeof schema>, unknown, string][] = [
    ['share', 1, 'has to be a number above 0 and below 1'],
    ['share', 'x', 'has to be a number above 0 and below 1'],
    ['count', 0, 'has to be a whole number of at least 1'],
    ['seed', 0.5, 'has to be a whole number of at least 0'],
    ['seed', 1e30, 'has to be a whole number from 0 to 9007199254740991'],
    ['any', 0.5, 'has to be a whole number'],
    ['name', '', 'has to be text of 1 to 100 characters'],
    ['label', 'b', 'has to begin with a'],
    ['kind', 'cubic', 'has to be linear, log or step'],
    ['threads', 0, 'has to be auto or a whole number from 1 to 256'],
    ['threads', 'all', 'has to be auto or a whole number from 1 to 256'],
    ['widths', [], 'has to be a list of 1 to 64 entries'],
    ['widths', [10], 'has to be a whole number from 1 to 9'],
    ['nodes', { a: 1 }, 'has to be text of at least 1 character'],
    ['flag', 'x', 'has to be true or false'],
    ['change', { kind: 'scale', to: 5 }, 'has to be a whole number from 1 to 4'],
    ['change', { kind: 'other' }, 'has to be scale or move'],
    ['change', { kind: 'move', node: 'a', x: 1, y: 2 }, 'has no "x" or "y"'],
    ['bytes', 'x', 'expected Uint8Array, received string'],
  ];
  for (const [key, value, words] of cases) {
    const issues = schema.partial().safeParse({ [key]: value }).error?.issues ?? [];
    t.equal(issues[0] && expectation(schema, issues[0]), words, `${key}: ${JSON.stringify(value)}`);
  }
  t.end();
});
