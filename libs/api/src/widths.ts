/** The widths of a network's layers in a few words, with equal neighbours counted: `784`, `1000×3`. */
export function countedWidths(widths: readonly number[]): string[] {
  const stretches: { readonly width: number; count: number }[] = [];
  for (const width of widths) {
    const last = stretches.at(-1);
    if (last?.width === width) last.count++;
    else stretches.push({ width, count: 1 });
  }
  return stretches.map(({ width, count }) => (count === 1 ? String(width) : `${width}×${count}`));
}
