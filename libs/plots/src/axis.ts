import { FONT, GRID, TEXT } from './drawing.js';

export interface Axis {
  /** What it measures, with its unit. */
  readonly name: string;
  /** A linear axis begins at 0. A logarithmic one begins below the smallest number, and takes numbers above 0 alone. */
  readonly scale: 'linear' | 'log';
}

/** What plots of one measure against another have in common. */
export interface PlotOfTwo {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
}

/** An axis for these numbers. */
export function axisFor({ name, scale }: Axis, numbers: readonly number[]): object {
  const common = {
    name,
    nameLocation: 'middle',
    nameTextStyle: { ...FONT, fontSize: 12 },
    axisLine: { show: true, lineStyle: { color: TEXT } },
    splitLine: { lineStyle: { color: GRID } },
  };
  const label = { ...FONT, fontSize: 12 };
  if (scale === 'linear') return { ...common, type: 'value', min: 0, axisLabel: label };
  const marks = logMarks(Math.min(...numbers), Math.max(...numbers));
  return {
    ...common,
    type: 'log',
    min: marks[0],
    max: marks.at(-1),
    axisTick: { customValues: marks },
    axisLabel: { ...label, customValues: marks },
  };
}

/** The marks of a logarithmic axis from the last one below or at `low` to the first one at or above `high`. */
function logMarks(low: number, high: number): number[] {
  const steps = logSteps(Math.log10(high / low));
  const marks: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    // Divided, since 3 * 0.1 is not 0.3.
    marks.push(...steps.map((step) => (exponent < 0 ? step / 10 ** -exponent : step * 10 ** exponent)));
  }
  const first = marks.findLastIndex((mark) => mark <= low);
  const last = marks.findIndex((mark) => mark >= high);
  return marks.slice(first, Math.max(last, first + 1) + 1);
}

/** Where marks stand between a power of 10 and the next: the fewer, the more of them there are. */
function logSteps(decades: number): readonly number[] {
  if (decades > 3) return [1];
  if (decades > 1.5) return [1, 2, 5];
  return [1, 1.5, 2, 3, 5, 7];
}
