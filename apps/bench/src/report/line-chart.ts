import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import type { EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** What a line chart shows. */
export interface LineChartContent {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Their names have to differ. */
  readonly lines: readonly Line[];
}

export interface Axis {
  /** What it measures, with its unit. */
  readonly name: string;
  /** A linear axis begins at 0. A logarithmic one begins below the smallest number, and takes numbers above 0 alone. */
  readonly scale: 'linear' | 'log';
}

export interface Line {
  readonly name: string;
  /** x and y of each point, in the order in which they are joined. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn thick, in the colours that the eye goes to. */
  readonly own: boolean;
}

const WIDTH = 820;
const PLOT_HEIGHT = 380;
/** The text of an entry, and the gap below it. */
const LEGEND_ROW = 38;
const MARGIN = { top: 64, left: 76, right: 36, bottom: 56 } as const;
const OWN_COLOURS = ['#1f6feb', '#0a3069', '#54aeff'] as const;
const OTHER_COLOURS = ['#bc4c00', '#8250df', '#1a7f37', '#9a6700', '#bf3989', '#57606a'] as const;
const TEXT = '#24292f';
const GRID = '#e6e9ed';
const FONT = { fontFamily: 'system-ui, sans-serif', color: TEXT } as const;

/** Lines over an x and a y axis, with a legend above them and a mark at every point. */
export function lineChart(content: LineChartContent): string {
  // Long names get a row of the legend for two of them.
  const legendHeight = Math.ceil(content.lines.length / 2) * LEGEND_ROW;
  const height = MARGIN.top + legendHeight + PLOT_HEIGHT + MARGIN.bottom;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption(optionOf(content, legendHeight));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function optionOf({ title, x, y, lines }: LineChartContent, legendHeight: number): EChartsCoreOption {
  const numbers = (place: 0 | 1): number[] => lines.flatMap(({ points }) => points.map((point) => point[place]));
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 16, top: 14, textStyle: { ...FONT, fontSize: 18 } },
    legend: {
      top: MARGIN.top - 16,
      left: MARGIN.left,
      width: WIDTH - MARGIN.left - MARGIN.right,
      itemWidth: 34,
      // Fonts differ, and a wider one than was reckoned with must not run into the next name.
      itemGap: 24,
      textStyle: { ...FONT, fontSize: 12 },
    },
    grid: { top: MARGIN.top + legendHeight, left: MARGIN.left, right: MARGIN.right, height: PLOT_HEIGHT },
    xAxis: { ...axis(x, numbers(0)), nameGap: 30 },
    yAxis: { ...axis(y, numbers(1)), nameGap: 52 },
    series: coloured(lines),
  };
}

function axis({ name, scale }: Axis, numbers: readonly number[]): object {
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

/** A colour for each line, and own lines above the others. */
function coloured(lines: readonly Line[]): object[] {
  const next = { own: 0, other: 0 };
  return lines.map(({ name, points, own }) => {
    const palette = own ? OWN_COLOURS : OTHER_COLOURS;
    const color = palette[next[own ? 'own' : 'other']++ % palette.length];
    return {
      type: 'line',
      name,
      data: points,
      color,
      symbol: 'circle',
      symbolSize: own ? 6 : 5,
      lineStyle: { width: own ? 2.5 : 1.5 },
      z: own ? 3 : 2,
    };
  });
}
