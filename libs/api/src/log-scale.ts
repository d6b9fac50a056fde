/** The scale of all histograms of goodness. A module of its own, for the page, which has no use for schemas. */
export { binOf, MAX_BIN, quantile, rangeOf, shareAbove } from '@layerline/telemetry/log-scale';
export type { BinCounts } from '@layerline/telemetry/log-scale';
