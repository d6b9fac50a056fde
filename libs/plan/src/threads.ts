/** A product needs this many columns for each thread, or the cut changes its last bits. */
const UNITS_PER_THREAD = 80;

/** The threads that each layer gets where they share the cores out: one at least. */
export function threadsPerLayer({ layers }: { readonly layers: readonly number[] }, cores: number): number {
  const share = Math.floor(cores / layers.length);
  return Math.max(1, Math.min(share, Math.floor(Math.min(...layers) / UNITS_PER_THREAD)));
}
