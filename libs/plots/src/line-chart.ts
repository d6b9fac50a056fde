import { LineChart } from 'echarts/charts';
import { use } from 'echarts/core';
import type { EChartsCoreOption } from 'echarts/core';
import { axisFor } from './axis.js';
import type { PlotOfTwo } from './axis.js';
import { draw, FONT, titleOf, WIDTH } from './drawing.js';

use([LineChart]);

/** What a line chart shows. */
export interface LineChartContent extends PlotOfTwo {
  /** Their names have to differ. */
  readonly lines: readonly Line[];
}

export interface Line {
  readonly name: string;
  /** x and y of each point, in the order in which they are joined. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn thick, in the colours that the eye goes to. */
  readonly own: boolean;
}

const PLOT_HEIGHT = 380;
/** The text of an entry, and the gap below it. */
const LEGEND_ROW = 38;
const MARGIN = { top: 64, left: 76, right: 36, bottom: 56 } as const;
const OWN_COLOURS = ['#1f6feb', '#0a3069', '#54aeff'] as const;
const OTHER_COLOURS = ['#bc4c00', '#8250df', '#1a7f37', '#9a6700', '#bf3989', '#57606a'] as const;

/** Lines over an x and a y axis, with a legend above them and a mark at every point. */
export function lineChart(content: LineChartContent): string {
  // Long names get a row of the legend for two of them.
  const legendHeight = Math.ceil(content.lines.length / 2) * LEGEND_ROW;
  const height = MARGIN.top + legendHeight + PLOT_HEIGHT + MARGIN.bottom;
  return draw(height, optionOf(content, legendHeight));
}

function optionOf({ title, x, y, lines }: LineChartContent, legendHeight: number): EChartsCoreOption {
  const numbers = (place: 0 | 1): number[] => lines.flatMap(({ points }) => points.map((point) => point[place]));
  return {
    title: titleOf(title),
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
    xAxis: { ...axisFor(x, numbers(0)), nameGap: 30 },
    yAxis: { ...axisFor(y, numbers(1)), nameGap: 52 },
    series: coloured(lines),
  };
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
