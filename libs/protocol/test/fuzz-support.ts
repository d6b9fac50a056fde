import fc from 'fast-check';
import { Packr } from 'msgpackr';

/** How often a property is tried; many more times in the nightly form (`npm run fuzz`). */
export const RUNS = Number(process.env['LAYERLINE_FUZZ_RUNS'] ?? 3_000);
/** What all that is tried follows from, so that a failure can be seen again. */
export const SEED = Number(process.env['LAYERLINE_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const SHORT_FORM_LIMIT_MS = 120_000;
const MILLISECONDS_A_RUN = 10;
/** Longer than so many runs take on a slow machine with other work. */
export const LIMIT_MS = SHORT_FORM_LIMIT_MS + MILLISECONDS_A_RUN * RUNS;

const packr = new Packr({ useRecords: false, variableMapSize: true, useBigIntExtension: true });

/** What became of the tries of a property. */
export class Tally {
  accepted = 0;
  refused = 0;

  toString(): string {
    return `${this.accepted + this.refused} tried, ${this.accepted} accepted, ${this.refused} refused, seed ${SEED}`;
  }
}

/** Checks a property. @throws Error with the smallest counterexample and its seed */
export function hold<Try extends [unknown, ...unknown[]]>(property: fc.IProperty<Try>, runs = RUNS): void {
  fc.assert(property, { numRuns: runs, seed: SEED });
}

/** Numbers at which arithmetic on 32 bits, doubles and lengths goes wrong. */
const edge = fc.constantFrom(0, -0, -1, 0.5, NaN, Infinity, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 64, 1e308);
const anything = fc.oneof(
  edge,
  fc.anything({ maxDepth: 3, withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
  fc.constantFrom('__proto__', 'constructor', 'x'.repeat(5_000), ['rows'], { __proto__: null, kind: 'rows' }),
);
const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'type', 'kind', 'blocks'), fc.string());

type Node = Record<string, unknown>;
const FIELD = { enumerable: true, configurable: true, writable: true };
const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ at: fc.nat(), value: anything }) },
  fc.record({ at: fc.nat(), gone: fc.constant(true) }),
  fc.record({ at: fc.nat(), key, value: anything }),
);
export type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

/** One to three changes to a value, each at some field in it. */
export const changes = fc.array(change, { minLength: 1, maxLength: 3 });

/** What is like one of some values, save that one to three of the fields in it are replaced, gone or added. */
export function altered(originals: fc.Arbitrary<object>): fc.Arbitrary<unknown> {
  return fc.tuple(originals, changes).map(([original, changes]) => changed(original, changes));
}

/** A copy of a value with changes. */
export function changed(original: object, changes: readonly Change[]): unknown {
  const copy: unknown = structuredClone(original);
  for (const change of changes) alter(copy, change);
  return copy;
}

function alter(root: unknown, change: Change): void {
  const places = placesIn(root);
  const place = places[change.at % places.length];
  if (place === undefined) return;
  const { parent, name } = place;
  // Defined and not assigned, so that `__proto__` is a field like any other.
  if ('gone' in change) Reflect.deleteProperty(parent, name);
  else {
    // A copy: a value that is put into itself has no end.
    const value: unknown = structuredClone(change.value);
    Object.defineProperty(parent, 'key' in change ? change.key : name, { ...FIELD, value });
  }
}

function placesIn(value: unknown): { readonly parent: Node; readonly name: string }[] {
  const isPlain = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
  if (!isPlain) return [];
  const parent = value as Node;
  return Object.keys(parent).flatMap((name) => [{ parent, name }, ...placesIn(parent[name])]);
}

/** Anything in MessagePack, or what was once. */
export const values: fc.Arbitrary<unknown> = anything;
/** A value in MessagePack. Values that it has no form for are left to what the library makes of them. */
export const pack = (value: unknown): Uint8Array => new Uint8Array(packr.pack(value));
/** What a peer that uses the same library gets. @throws Error */
export const unpack = (bytes: Uint8Array): unknown => packr.unpack(bytes);

/** Starts of things in MessagePack, with lengths that lie, and extensions of the library's own. */
const token = fc.oneof(
  fc.tuple(fc.constantFrom(0xdd, 0xdf, 0xdb, 0xc6, 0xc9), fc.nat(0xffff_ffff)).map(([type, length]) => {
    const bytes = Buffer.alloc(5, type);
    bytes.writeUInt32BE(length, 1);
    return bytes;
  }),
  fc.tuple(fc.constantFrom(0xdc, 0xde, 0xda, 0xc5, 0xc8), fc.nat(0xffff)).map(([type, length]) => {
    const bytes = Buffer.alloc(3, type);
    bytes.writeUInt16BE(length, 1);
    return bytes;
  }),
  fc
    .tuple(
      fc.constantFrom(0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xc7),
      fc.constantFrom(0, 0x42, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 0xff),
      fc.uint8Array({ maxLength: 18 }),
    )
    .map(([form, type, data]) => Buffer.from([form, type, ...data])),
  fc.tuple(fc.constantFrom(0x91, 0x81, 0x9f, 0x8f), fc.nat(5_000)).map(([type, depth]) => Buffer.alloc(depth, type)),
  values.map((value) => Buffer.from(pack(value))),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);
/** MessagePack that nobody would write, and bytes that are none. */
export const hostile: fc.Arbitrary<Uint8Array> = fc
  .array(token, { minLength: 1, maxLength: 6 })
  .map((tokens) => new Uint8Array(Buffer.concat(tokens)));

/** Any characters. Halves of a pair are none, and UTF-8 has no form for them. fast-check's own take seconds to set up. */
export const character: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));
