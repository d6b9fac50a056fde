import { ENTRY, MEMORY } from '../../src/fused/assemble.js';

/** if (address == 0) unreachable */
const FAIL_AT_ZERO = [0x20, 0, 0x45, 0x04, 0x40, 0x00, 0x0b];
/** while (atomic load of address == 0); */
const WAIT = [0x03, 0x40, 0x20, 0, 0xfe, 0x10, 2, 0, 0x45, 0x0d, 0, 0x0b];

/** A page of memory that threads share. */
export function newPage(): { memory: WebAssembly.Memory; words: Int32Array } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  return { memory, words: new Int32Array(memory.buffer) };
}

/**
 * A kernel of one parameter, an address: it runs until the number there is not 0, and fails at address 0.
 * @param memoryName name under which it imports the memory
 */
export function waitingKernel(memoryName: string = MEMORY.name): Uint8Array {
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // A type: a number in, nothing out.
    ...section(1, [1, 0x60, 1, 0x7f, 0]),
    // A shared memory of one page.
    ...section(2, [1, ...name(MEMORY.module), ...name(memoryName), 2, 3, 1, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name(ENTRY), 0, 0]),
    ...section(10, [1, ...sized([0, ...FAIL_AT_ZERO, ...WAIT, 0x0b])]),
  );
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function name(text: string): number[] {
  return sized([...Buffer.from(text)]);
}

/** After its length, which is below 128 here. */
function sized(content: readonly number[]): number[] {
  return [content.length, ...content];
}
