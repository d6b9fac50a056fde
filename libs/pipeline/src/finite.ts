/** Whether all numbers are finite. Branch-free: 0 times a finite number is 0, and 0 times any other is NaN. */
export function allFinite(numbers: Float32Array | Float64Array | Uint8Array): boolean {
  let sum = 0;
  for (let at = 0; at < numbers.length; at++) sum += (numbers[at] as number) * 0;
  return sum === 0;
}
