import { HeatmapChart } from 'echarts/charts';
import { VisualMapComponent } from 'echarts/components';
import { use } from 'echarts/core';
import { draw, FONT, titleOf } from './drawing.js';

use([HeatmapChart, VisualMapComponent]);

/** Numbers by two choices, as colours with the numbers written in them. */
export interface HeatMapContent {
  readonly title: string;
  /** What is chosen between, and the choices. */
  readonly columns: { readonly name: string; readonly values: readonly string[] };
  readonly rows: { readonly name: string; readonly values: readonly string[] };
  /** By row, then by column; undefined where there is none. */
  readonly values: readonly (readonly (number | undefined)[])[];
  /** What is written of a value. */
  readonly format: (value: number) => string;
}

const ROW_HEIGHT = 44;
const MARGIN = { top: 96, left: 190, right: 36, bottom: 28 } as const;
/** From good, which is low, to bad. */
const COLOURS = ['#7ee787', '#f6f8fa', '#ffaba8'];

/** @returns SVG */
export function heatMap({ title, columns, rows, values, format }: HeatMapContent): string {
  const height = rows.values.length * ROW_HEIGHT;
  const data = values.flatMap((ofRow, row) =>
    ofRow.flatMap((value, column) => (value === undefined ? [] : [[column, row, value] as const])),
  );
  const numbers = data.map(([, , value]) => value);
  const category = (name: string, names: readonly string[]): object => ({
    type: 'category',
    data: names,
    name,
    nameTextStyle: { ...FONT, fontSize: 12, fontWeight: 'bold' },
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { ...FONT, fontSize: 12, interval: 0 },
  });
  return draw(MARGIN.top + height + MARGIN.bottom, {
    title: titleOf(title),
    grid: { top: MARGIN.top, left: MARGIN.left, right: MARGIN.right, height },
    xAxis: { ...category(columns.name, columns.values), position: 'top', nameLocation: 'middle', nameGap: 26 },
    yAxis: { ...category(rows.name, rows.values), inverse: true, nameLocation: 'start', nameGap: 14 },
    visualMap: { show: false, min: Math.min(...numbers), max: Math.max(...numbers), inRange: { color: COLOURS } },
    series: [
      {
        type: 'heatmap',
        data,
        itemStyle: { borderColor: '#ffffff', borderWidth: 2 },
        label: {
          show: true,
          ...FONT,
          fontSize: 12,
          formatter: ({ value }: { readonly value: readonly number[] }) => format(value[2] ?? 0),
        },
      },
    ],
  });
}
