import type { RunEvent } from '@layerline/api';
import { LAYER_MEASURES, LAYER_TEST_ERROR, TEST_ERROR, VALIDATION_ERROR } from '@layerline/api/measures';
import type { Sample } from './points.js';

/** The name of a layer's series. @param index from 0 */
export function layerSeries(index: number, measure: string): string {
  return `layer-${index + 1}/${measure}`;
}

/** The names of all series of a run. */
export function seriesNames(layers: number): string[] {
  const measures = [LAYER_TEST_ERROR, ...LAYER_MEASURES];
  const ofLayers = Array.from({ length: layers }, (_, index) => measures.map(({ name }) => layerSeries(index, name)));
  return [TEST_ERROR.name, VALIDATION_ERROR.name, ...ofLayers.flat()];
}

/** What an event adds to the series of its run, by the same names and readings as the coordinator's. */
export function samplesOf(event: RunEvent): Sample[] {
  if (event.type === 'observation') {
    return event.layers.flatMap((layer, index) =>
      layer === null
        ? []
        : LAYER_MEASURES.flatMap((measure) => sample(event, layerSeries(index, measure.name), measure.read(layer))),
    );
  }
  if (event.type !== 'evaluation') return [];
  return [
    ...sample(event, TEST_ERROR.name, event.testError),
    ...sample(event, VALIDATION_ERROR.name, event.validationError ?? null),
    ...event.perLayerError.flatMap((error, index) => sample(event, layerSeries(index, LAYER_TEST_ERROR.name), error)),
  ];
}

function sample(
  event: Extract<RunEvent, { type: 'observation' | 'evaluation' }>,
  name: string,
  value: number | null,
): Sample[] {
  if (value === null || event.step === undefined) return [];
  return [{ name, step: event.step, at: Date.parse(event.at), trainSeconds: event.trainSeconds, value }];
}
