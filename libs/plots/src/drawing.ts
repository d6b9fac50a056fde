import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import type { EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** What all plots have in common. */
export const WIDTH = 820;
export const TEXT = '#24292f';
export const GRID = '#e6e9ed';
export const FONT = { fontFamily: 'system-ui, sans-serif', color: TEXT } as const;

/** A plot as SVG. @param height in pixels */
export function draw(height: number, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, backgroundColor: '#ffffff', ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** The heading of a plot. */
export function titleOf(text: string): object {
  return { text, left: 16, top: 14, textStyle: { ...FONT, fontSize: 18 } };
}
