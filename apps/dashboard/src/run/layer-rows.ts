import type { GoodnessSummary, LayerGoodness, LayerObservation } from '@layerline/api';
import type { LiveState } from '../data/run-state.js';
import { layerStage } from '../pipeline/stages.js';

/** What is known of a layer's learning. */
export interface LayerRow {
  readonly stage: string;
  /** From 0. */
  readonly layer: number;
  readonly units: number;
  /** The node's own program that stands in for the layer. */
  readonly program: string | undefined;
  /** As last observed; undefined before the first observation. */
  readonly observed: LayerObservation | undefined;
  /** Of the last training report, for before that. */
  readonly goodness: LayerGoodness | undefined;
  /** Of this layer alone, at the last evaluation: a fraction. */
  readonly testError: number | undefined;
  /** The same by goodness, where readouts judge. */
  readonly goodnessError: number | undefined;
}

export function layerRowsOf({ plan, status, observation, evaluations }: LiveState): readonly LayerRow[] {
  const { perLayerError: errors, byGoodness } = evaluations.at(-1) ?? {};
  return plan.layers.map(({ units }, layer) => ({
    ...{ stage: layerStage(layer), layer, units },
    program: plan.programs?.[layerStage(layer)],
    observed: observation?.layers[layer] ?? undefined,
    goodness: status.layers[layer] ?? undefined,
    testError: errors?.[layer] ?? undefined,
    goodnessError: byGoodness?.perLayerError[layer] ?? undefined,
  }));
}

/** The middle 80 % and the median of a layer's goodness, as places on a scale: 0 … 1. */
export interface Spread {
  readonly from: number;
  readonly median: number;
  readonly to: number;
}

/** Where positive and negative rows lie, on one scale from 0 (or the least, if that is less) to the greatest of both. */
export function spreadsOf(positive: GoodnessSummary, negative: GoodnessSummary): readonly [Spread, Spread] {
  const all = [...positive.deciles, ...negative.deciles];
  const [least, greatest] = [Math.min(0, ...all), Math.max(...all)];
  const place = (value: number | undefined): number => ((value ?? least) - least) / (greatest - least || 1);
  const spread = ({ deciles }: GoodnessSummary): Spread => ({
    from: place(deciles[0]),
    median: place(deciles[4]),
    to: place(deciles[8]),
  });
  return [spread(positive), spread(negative)];
}
