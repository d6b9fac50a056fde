/**
 * The sum of the squares of numbers, in double precision. Four sums go side by side, since each addition has to wait for the
 * one before it.
 * @param from the first number @param to the one after the last
 */
export function sumSquares(numbers: Float32Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const w = numbers[at] as number;
    const x = numbers[at + 1] as number;
    const y = numbers[at + 2] as number;
    const z = numbers[at + 3] as number;
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (; at < to; at++) a += (numbers[at] as number) * (numbers[at] as number);
  return a + b + (c + d);
}
