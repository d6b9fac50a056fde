/** Consecutive units of a layer: all of them, or a shard's. */
export interface UnitRange {
  /** The first, counted from 0. */
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
}

const MAX_BLOCK_UNITS = 128;
/** A product of fewer columns may differ in its last bits from the same columns of a wider one. */
const MIN_BLOCK_UNITS = 65;
/** Libraries add up numbers from 16-byte boundaries on, so that a sum of those between two others has other bits. */
const BLOCK_MULTIPLE = 4;

/** All units of a layer. */
export function allUnits({ units }: { readonly units: number }): UnitRange {
  return { from: 0, to: units };
}

/** How many units a range has. */
export function widthOf({ from, to }: UnitRange): number {
  return to - from;
}

/**
 * How many units' activations are summed as one block. Shards of a layer are cut between blocks. A block size that divides
 * the width, where there is one, saves a padded copy of all activations.
 * @param units the layer's width
 * @returns a multiple of 4 from 68 to 128; the last block may have fewer
 */
export function blockUnits(units: number): number {
  for (let block = MAX_BLOCK_UNITS; block >= MIN_BLOCK_UNITS; block -= BLOCK_MULTIPLE)
    if (units % block === 0) return block;
  return MAX_BLOCK_UNITS;
}

/**
 * The blocks of a range of a layer's units, each with its first unit and the one after its last.
 * @param units the layer's width @param range cut between blocks
 */
export function blocksOf(units: number, range: UnitRange = { from: 0, to: units }): UnitRange[] {
  const size = blockUnits(units);
  return Array.from({ length: Math.ceil(widthOf(range) / size) }, (_, block) => {
    const from = range.from + block * size;
    return { from, to: Math.min(from + size, range.to) };
  });
}

/** The most shards that a layer can be cut into: each needs a block that is full. */
export function mostShards(units: number): number {
  return Math.max(1, Math.floor(units / blockUnits(units)));
}

/**
 * Cuts a layer into shards whose numbers of blocks differ by one at most; the last one has no fewer than any other.
 * @param units the layer's width @param shards from 1 to {@link mostShards}
 * @returns the units of each, in order
 */
export function cutUnits(units: number, shards: number): UnitRange[] {
  const blocks = blocksOf(units);
  const end = (shard: number): number => {
    if (shard === shards) return units;
    return (blocks[Math.floor((shard * blocks.length) / shards)] as UnitRange).from;
  };
  return Array.from({ length: shards }, (_, shard) => ({ from: end(shard), to: end(shard + 1) }));
}
