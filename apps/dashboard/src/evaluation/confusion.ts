/** A confusion matrix as it is read: what each row and column adds up to, and how strongly each cell is drawn. */
export interface Confusion {
  readonly counts: readonly (readonly number[])[];
  /** Test images of each label. */
  readonly rowTotals: readonly number[];
  /** Share of each label's images that were recognized; 1 for a label without images. */
  readonly recall: readonly number[];
  /** Share of the images taken for each label that have it; 1 where none was. */
  readonly precision: readonly number[];
  /** The most frequent mistake; 0 if there is none. */
  readonly worst: number;
}

/** @param counts images by true label (rows) and by what they were taken for (columns) */
export function readConfusion(counts: readonly (readonly number[])[]): Confusion {
  const at = (row: number, column: number): number => counts[row]?.[column] ?? 0;
  const labels = [...counts.keys()];
  const rowTotals = labels.map((row) => labels.reduce((sum, column) => sum + at(row, column), 0));
  const columnTotals = labels.map((column) => labels.reduce((sum, row) => sum + at(row, column), 0));
  const share = (label: number, total: number | undefined): number => (total ? at(label, label) / total : 1);
  return {
    ...{ counts, rowTotals },
    recall: labels.map((label) => share(label, rowTotals[label])),
    precision: labels.map((label) => share(label, columnTotals[label])),
    worst: Math.max(0, ...labels.flatMap((row) => labels.map((column) => (row === column ? 0 : at(row, column))))),
  };
}

/** How strongly a cell is drawn, 0 … 1: mistakes against the most frequent one, what is right against its label's images. */
export function strengthOf({ counts, rowTotals, worst }: Confusion, row: number, column: number): number {
  const count = counts[row]?.[column] ?? 0;
  const most = row === column ? (rowTotals[row] ?? 0) : worst;
  return most === 0 ? 0 : count / most;
}
