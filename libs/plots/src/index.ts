export type { Axis } from './axis.js';
export { heatMap } from './heat-map.js';
export type { HeatMapContent } from './heat-map.js';
export { lineChart } from './line-chart.js';
export type { Line, LineChartContent } from './line-chart.js';
export { scatterPlot } from './scatter-plot.js';
export type { Cloud, ScatterPlotContent } from './scatter-plot.js';
