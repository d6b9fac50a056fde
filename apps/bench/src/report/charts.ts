import { BarChart, CustomChart } from 'echarts/charts';
import { GridComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import type { EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { CustomSeriesOption } from 'echarts';
import type { Spread } from '../statistics.js';
import { whole } from './format.js';

use([BarChart, CustomChart, GridComponent, TitleComponent, SVGRenderer]);

/** Bars under one heading, with an axis of their own. */
export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly value: Spread;
  /** Drawn in the colour that the eye goes to. */
  readonly own: boolean;
}

const WIDTH = 820;
const BAR_HEIGHT = 24;
const HEADING = 34;
const GAP = 30;
const MARGIN = { top: 56, left: 190, right: 90, bottom: 16 } as const;
const COLOURS = { own: '#1f6feb', other: '#9aa4b2', text: '#24292f', whisker: '#24292f' } as const;
const FONT = { fontFamily: 'system-ui, sans-serif', color: COLOURS.text } as const;

type RenderItem = NonNullable<CustomSeriesOption['renderItem']>;

/** Horizontal bars panel under panel, each bar with its median at its end and a whisker from lowest to highest. */
export function barChart(title: string, panels: readonly Panel[]): string {
  let top: number = MARGIN.top;
  const places = panels.map(({ bars }) => {
    const place = { top: top + HEADING, height: bars.length * BAR_HEIGHT };
    top = place.top + place.height + GAP;
    return place;
  });
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: top - GAP + MARGIN.bottom });
  chart.setOption(optionOf(title, panels, places));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function optionOf(
  title: string,
  panels: readonly Panel[],
  places: readonly { readonly top: number; readonly height: number }[],
): EChartsCoreOption {
  const headings = panels.map((panel, index) => {
    return {
      text: panel.title,
      left: 16,
      top: (places[index]?.top ?? 0) - HEADING + 6,
      textStyle: { ...FONT, fontSize: 14 },
    };
  });
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: [{ text: title, left: 16, top: 14, textStyle: { ...FONT, fontSize: 18 } }, ...headings],
    grid: places.map((place) => ({ ...place, left: MARGIN.left, right: MARGIN.right })),
    xAxis: panels.map((_, gridIndex) => ({ type: 'value', gridIndex, min: 0, show: false })),
    yAxis: panels.map(({ bars }, gridIndex) => ({
      type: 'category',
      gridIndex,
      inverse: true,
      data: bars.map(({ label }) => label),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...FONT, fontSize: 12 },
    })),
    series: panels.flatMap(({ bars }, index) => [barSeries(bars, index), whiskerSeries(bars, index)]),
  };
}

function barSeries(bars: readonly Bar[], index: number): object {
  return {
    type: 'bar',
    xAxisIndex: index,
    yAxisIndex: index,
    barWidth: BAR_HEIGHT - 8,
    data: bars.map(({ value, own }) => ({
      value: value.median,
      itemStyle: { color: own ? COLOURS.own : COLOURS.other },
    })),
  };
}

/** The range of each bar, and its median in figures to the right of whichever ends later. */
function whiskerSeries(bars: readonly Bar[], index: number): object {
  const renderItem: RenderItem = (_, api) => {
    const row = api.value(0);
    const [low, y] = api.coord([api.value(1), row]) as [number, number];
    const [high] = api.coord([api.value(2), row]) as [number];
    const tick = 4;
    const line = (x1: number, y1: number, x2: number, y2: number): object => {
      return { type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: COLOURS.whisker, lineWidth: 1 } };
    };
    const text = whole(Number(api.value(3)));
    const label = {
      type: 'text',
      style: { ...FONT, fill: COLOURS.text, text, x: high + 8, y, textVerticalAlign: 'middle' },
    };
    const children = [
      line(low, y, high, y),
      line(low, y - tick, low, y + tick),
      line(high, y - tick, high, y + tick),
      label,
    ];
    return { type: 'group', children } as ReturnType<RenderItem>;
  };
  return {
    type: 'custom',
    xAxisIndex: index,
    yAxisIndex: index,
    // Above the bars.
    z: 3,
    renderItem,
    encode: { x: [1, 2], y: 0 },
    data: bars.map(({ value }, row) => [row, value.min, value.max, value.median]),
  };
}
