import { counted, percent, whole } from '../format.js';
import { Scroll } from '../ui/scroll.js';
import { readConfusion, strengthOf } from './confusion.js';
import type { Confusion } from './confusion.js';

interface ConfusionMatrixProps {
  readonly counts: readonly (readonly number[])[];
  /** What people call each class. */
  readonly classes: readonly string[];
}

/** Test images by their label and by what they were taken for. Mistakes stand out by colour, and by their numbers. */
export function ConfusionMatrix({ counts, classes }: ConfusionMatrixProps) {
  const confusion = readConfusion(counts);
  const labels = [...counts.keys()];
  const nameOf = (label: number): string => classes[label] ?? `${label}`;
  return (
    <Scroll label="Test images by label and answer">
      <table class="confusion">
        <caption>Rows: the true label. Columns: what the network took it for.</caption>
        <thead>
          <tr>
            <td />
            {labels.map((label) => (
              <th key={label} scope="col">
                {nameOf(label)}
              </th>
            ))}
            <th scope="col" class="confusion-edge">
              recall
            </th>
          </tr>
        </thead>
        <tbody>
          {labels.map((row) => (
            <tr key={row}>
              <th scope="row">{nameOf(row)}</th>
              {labels.map((column) => (
                <Cell key={column} confusion={confusion} row={row} column={column} nameOf={nameOf} />
              ))}
              <td class="confusion-edge">{percent(confusion.recall[row] ?? 1, 1)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" class="confusion-edge">
              <abbr title="precision">prec.</abbr>
            </th>
            {labels.map((label) => (
              <td key={label} class="confusion-edge">
                {percent(confusion.precision[label] ?? 1, 0)}
              </td>
            ))}
            <td />
          </tr>
        </tfoot>
      </table>
    </Scroll>
  );
}

interface CellProps {
  readonly confusion: Confusion;
  readonly row: number;
  readonly column: number;
  readonly nameOf: (label: number) => string;
}

function Cell({ confusion, row, column, nameOf }: CellProps) {
  const count = confusion.counts[row]?.[column] ?? 0;
  const isRight = row === column;
  const title = isRight
    ? `${counted(count, 'image')} of ${nameOf(row)} recognized`
    : `${counted(count, 'image')} of ${nameOf(row)} taken for ${nameOf(column)}`;
  const strength = { '--strength': String(strengthOf(confusion, row, column)) };
  return (
    <td
      class={`cell ${isRight ? 'is-right' : 'is-wrong'} ${count === 0 ? 'is-none' : ''}`}
      style={strength}
      title={title}
    >
      {whole(count)}
    </td>
  );
}
