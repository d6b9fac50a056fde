import { ScatterChart } from 'echarts/charts';
import { use } from 'echarts/core';
import { axisFor } from './axis.js';
import type { PlotOfTwo } from './axis.js';
import { draw, FONT, titleOf, WIDTH } from './drawing.js';

use([ScatterChart]);

/** Points by two measures, in clouds. */
export interface ScatterPlotContent extends PlotOfTwo {
  /** Their names have to differ. */
  readonly clouds: readonly Cloud[];
}

export interface Cloud {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const PLOT_HEIGHT = 380;
const LEGEND_ROW = 28;
const MARGIN = { top: 60, left: 76, right: 36, bottom: 56 } as const;
/** So that they can be told apart without colours, too. */
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'pin', 'roundRect'] as const;
const COLOURS = ['#1f6feb', '#bc4c00', '#8250df', '#1a7f37', '#9a6700', '#bf3989'] as const;

/** @returns SVG */
export function scatterPlot({ title, x, y, clouds }: ScatterPlotContent): string {
  const numbers = (place: 0 | 1): number[] => clouds.flatMap(({ points }) => points.map((point) => point[place]));
  const legendHeight = clouds.length > 1 ? Math.ceil(clouds.length / 3) * LEGEND_ROW : 0;
  return draw(MARGIN.top + legendHeight + PLOT_HEIGHT + MARGIN.bottom, {
    title: titleOf(title),
    legend: {
      show: clouds.length > 1,
      top: MARGIN.top - 12,
      left: MARGIN.left,
      width: WIDTH - MARGIN.left - MARGIN.right,
      itemGap: 28,
      textStyle: { ...FONT, fontSize: 12 },
    },
    grid: { top: MARGIN.top + legendHeight, left: MARGIN.left, right: MARGIN.right, height: PLOT_HEIGHT },
    xAxis: { ...axisFor(x, numbers(0)), nameGap: 30 },
    yAxis: { ...axisFor(y, numbers(1)), nameGap: 52 },
    series: clouds.map(({ name, points }, place) => ({
      type: 'scatter',
      name,
      data: points,
      symbol: SYMBOLS[place % SYMBOLS.length],
      symbolSize: 9,
      itemStyle: { color: COLOURS[place % COLOURS.length], opacity: 0.85 },
    })),
  });
}
