import type { PlannedBlock } from '@layerline/plan';
import { ProtocolError } from '@layerline/protocol';
import type { Block } from '@layerline/protocol';

interface DataByType {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
}

/** The numbers of a block that the plan has, row-major. */
export type DataOf = <Type extends Block['type']>(name: string, type: Type) => DataByType[Type];

/**
 * Reads the blocks of a frame, which must be those that the plan has there, and no others.
 * @param producer who sent it, for messages
 * @throws ProtocolError where a block is missing, has another type or other dimensions, or is not known
 */
export function readBlocks(
  { blocks = [] }: { readonly blocks?: readonly Block[] },
  planned: readonly PlannedBlock[],
  producer: string,
): DataOf {
  const found = new Map(blocks.map((block) => [block.name, block]));
  for (const due of planned) {
    const block = found.get(due.name);
    if (block !== undefined && sizeOf(block) === sizeOf(due)) continue;
    throw new ProtocolError(
      `${producer} sent ${block === undefined ? 'no' : sizeOf(block)} ${due.name}, where ${sizeOf(due)} were due`,
    );
  }
  const names = new Set(planned.map(({ name }) => name));
  const unknown = blocks.find(({ name }) => !names.has(name));
  if (unknown !== undefined) {
    throw new ProtocolError(`${producer} sent a block ${unknown.name}, which the plan does not have`);
  }
  return <Type extends Block['type']>(name: string, type: Type) => {
    const block = found.get(name);
    if (block?.type !== type) throw new RangeError(`The plan has no block ${name} of ${type} here`);
    return block.data as DataByType[Type];
  };
}

/** As in messages: `200 × 10 f32`. */
function sizeOf({ type, shape: [rows, columns] }: PlannedBlock): string {
  return `${rows} × ${columns} ${type}`;
}
