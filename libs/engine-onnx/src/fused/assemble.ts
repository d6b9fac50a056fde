import type { Kernel, KernelOperation } from './split.js';

/** Bytes that a kernel processes at a time: four numbers. */
export const VECTOR_BYTES = 16;
/** Names of what the module imports and exports. */
export const MEMORY = { module: 'layerline', name: 'memory' } as const;
export const ENTRY = 'run';

/** Pages of 64 KiB that a memory may grow to: all that 32 bits can address. */
export const MAX_PAGES = 65_536;

/** Of WebAssembly's binary format, version 1, with 128-bit vectors and threads. */
const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const TYPE = { i32: 0x7f, f32: 0x7d, v128: 0x7b, function: 0x60 } as const;
const SHARED_WITH_MAXIMUM = 3;
const EXTERNAL = { function: 0, memory: 2 } as const;
const END = 0x0b;
const NO_RESULT = 0x40;
const ALIGNED_TO_16 = 4;
const CODE = {
  loop: 0x03,
  branchIf: 0x0d,
  getLocal: 0x20,
  setLocal: 0x21,
  i32: { const: 0x41, add: 0x6a, ltU: 0x49 },
  f32: 0x43,
};
/** After the prefix of vector instructions. */
const VECTOR_PREFIX = 0xfd;
const VECTOR = { load: 0x00, store: 0x0b, splat: 0x13 } as const;
const ARITHMETIC = { add: 0xe4, sub: 0xe5, mul: 0xe6, div: 0xe7, sqrt: 0xe3, negate: 0xe1 } as const;

/**
 * A WebAssembly module that computes a kernel over a range of bytes: `run(start, end, …addresses of the matrices that
 * are read, …addresses of those that are written, …scalars)`, with start and end in bytes from the beginning of each
 * matrix and multiples of {@link VECTOR_BYTES}. Each number is rounded after each operation (IEEE 754), as if the
 * operations ran one by one. All of a vector is read before any of it is written, so that matrices may be written where
 * others are read.
 */
export function assemble(kernel: Kernel): Uint8Array {
  const { matrices, scalars, constants, operations, outputs } = kernel;
  const addresses = matrices.size + outputs.size;
  const parameters = [
    ...new Array<number>(2 + addresses).fill(TYPE.i32),
    ...new Array<number>(scalars.size).fill(TYPE.f32),
  ];
  const vectors = [...matrices.keys(), ...scalars.keys(), ...constants.keys(), ...operations.keys()];
  const local = new Map(vectors.map((id, index) => [id, parameters.length + index] as const));
  const [position, end, firstAddress, firstScalar] = [0, 1, 2, 2 + addresses];
  const get = (index: number): number[] => [CODE.getLocal, ...unsigned(index)];
  const set = (id: number): number[] => [CODE.setLocal, ...unsigned(local.get(id) as number)];
  const value = (id: number): number[] => get(local.get(id) as number);
  const vector = (code: number): number[] => [VECTOR_PREFIX, ...unsigned(code)];
  const access = (code: number): number[] => [...vector(code), ALIGNED_TO_16, 0];
  const place = (index: number): number[] => [...get(firstAddress + index), ...get(position), CODE.i32.add];
  const compute = (operation: KernelOperation): number[] => {
    const operands = 'b' in operation ? [operation.a, operation.b] : [operation.a];
    return [...operands.flatMap(value), ...vector(ARITHMETIC[operation.op])];
  };
  const body = [
    ...unsigned(1),
    ...unsigned(vectors.length),
    TYPE.v128,
    ...[...scalars.keys()].flatMap((id, index) => [...get(firstScalar + index), ...vector(VECTOR.splat), ...set(id)]),
    ...[...constants].flatMap(([id, number]) => [CODE.f32, ...float(number), ...vector(VECTOR.splat), ...set(id)]),
    ...[CODE.loop, NO_RESULT],
    ...[...matrices.keys()].flatMap((id, index) => [...place(index), ...access(VECTOR.load), ...set(id)]),
    ...[...operations].flatMap(([id, operation]) => [...compute(operation), ...set(id)]),
    ...[...outputs.values()].flatMap((id, index) => {
      return [...place(matrices.size + index), ...value(id), ...access(VECTOR.store)];
    }),
    ...[...get(position), CODE.i32.const, VECTOR_BYTES, CODE.i32.add, CODE.setLocal, position],
    ...[...get(position), ...get(end), CODE.i32.ltU, CODE.branchIf, 0],
    ...[END, END],
  ];
  return Uint8Array.from([
    ...HEADER,
    ...section(SECTION.type, [TYPE.function, ...counted(parameters.map((type) => [type])), 0]),
    ...section(SECTION.import, [
      ...[...text(MEMORY.module), ...text(MEMORY.name), EXTERNAL.memory],
      ...[SHARED_WITH_MAXIMUM, ...unsigned(1), ...unsigned(MAX_PAGES)],
    ]),
    ...section(SECTION.function, [0]),
    ...section(SECTION.export, [...text(ENTRY), EXTERNAL.function, 0]),
    ...section(SECTION.code, sized(body)),
  ]);
}

/** A section with one entry. */
function section(id: number, entry: readonly number[]): number[] {
  return [id, ...sized([...unsigned(1), ...entry])];
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function counted(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function text(word: string): number[] {
  return sized([...new TextEncoder().encode(word)]);
}

/** LEB128. */
function unsigned(number: number): number[] {
  return number < 0x80 ? [number] : [(number & 0x7f) | 0x80, ...unsigned(number >>> 7)];
}

function float(number: number): number[] {
  return [...new Uint8Array(Float32Array.of(number).buffer)];
}
