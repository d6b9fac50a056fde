import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import type { EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { whole } from './format.js';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** Lines in one pair of axes. */
export interface LinePanel {
  readonly title: string;
  /** The same labels, in the same order, in all panels of a chart. */
  readonly lines: readonly Line[];
}

export interface Line {
  readonly label: string;
  /** In the order of x, which is above 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChartOptions {
  readonly title: string;
  /** Under the axis, whose steps double. */
  readonly xName: string;
  readonly panels: readonly LinePanel[];
}

const WIDTH = 820;
const PANEL_HEIGHT = 190;
const HEADING = 40;
const FOOT = 52;
const MARGIN = { top: 50, left: 80, right: 30 } as const;
/** Two rows of three. The text is measured by guess where there is no screen: a wide gap keeps entries apart. */
const LEGEND_WIDTH = 430;
const LEGEND_HEIGHT = 58;
const TEXT = '#24292f';
const GRID_LINES = '#d8dee4';
const FONT = { fontFamily: 'system-ui, sans-serif', color: TEXT } as const;
/** Told apart with any colour vision (Okabe and Ito, "Color universal design", 2008). */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#f0e442', '#000000'] as const;
const THINNEST = 2;
const WIDENING = 2.4;
/** Beside the line, to either side. */
const SYMBOL_MARGIN = 2;

/** Lines over a logarithmic axis, panel under panel, each with an axis of its own from 0. */
export function lineChart(options: LineChartOptions): string {
  const height = MARGIN.top + options.panels.length * (HEADING + PANEL_HEIGHT + FOOT) + LEGEND_HEIGHT;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption(optionOf(options));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function optionOf({ title, xName, panels }: LineChartOptions): EChartsCoreOption {
  const tops = panels.map((_, index) => MARGIN.top + index * (HEADING + PANEL_HEIGHT + FOOT));
  const headings = panels.map((panel, index) => {
    return { text: panel.title, left: 16, top: tops[index], textStyle: { ...FONT, fontSize: 14 } };
  });
  const xs = panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(([x]) => x)));
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: [{ text: title, left: 16, top: 14, textStyle: { ...FONT, fontSize: 18 } }, ...headings],
    legend: {
      bottom: 6,
      left: 'center',
      width: LEGEND_WIDTH,
      itemGap: 16,
      itemWidth: 28,
      textStyle: { ...FONT, fontSize: 12 },
    },
    grid: tops.map((top) => ({
      top: top + HEADING,
      height: PANEL_HEIGHT,
      left: MARGIN.left,
      right: MARGIN.right,
    })),
    xAxis: panels.map((_, gridIndex) => ({
      type: 'log',
      logBase: 2,
      gridIndex,
      min: Math.min(...xs),
      max: Math.max(...xs),
      name: xName,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: { ...FONT, fontSize: 12 },
      axisLabel: { ...FONT, fontSize: 12 },
      splitLine: { show: false },
    })),
    yAxis: panels.map((_, gridIndex) => ({
      type: 'value',
      gridIndex,
      min: 0,
      splitNumber: 4,
      axisLabel: { ...FONT, fontSize: 12, formatter: whole },
      splitLine: { lineStyle: { color: GRID_LINES } },
    })),
    series: panels.flatMap(({ lines }, index) =>
      lines.map((line, place) => seriesOf(line, place, lines.length, index)),
    ),
  };
}

/** Each line is thinner than the one before, so that lines that fall together are all seen. */
function seriesOf({ label, points }: Line, place: number, lines: number, panel: number): object {
  const width = THINNEST + WIDENING * (lines - 1 - place);
  const color = COLOURS[place % COLOURS.length];
  return {
    type: 'line',
    name: label,
    xAxisIndex: panel,
    yAxisIndex: panel,
    symbol: 'circle',
    symbolSize: width + 2 * SYMBOL_MARGIN,
    lineStyle: { width, color },
    itemStyle: { color },
    data: points,
  };
}
