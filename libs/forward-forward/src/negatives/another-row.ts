import { fold, integer } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';

/** Separates this draw from others under the same key. */
const ANOTHER = 0x6f_7468_6572;

/** Any row but `row`, all equally likely. The same for the same (key, epoch, row). @param rows how many there are, at least 2 */
export function anotherRow(key: RandomKey, epoch: number, row: number, rows: number): number {
  const other = integer(fold(key, ANOTHER, epoch), row, rows - 1);
  return other < row ? other : other + 1;
}
