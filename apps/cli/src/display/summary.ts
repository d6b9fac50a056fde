import type { TrainResult } from '@layerline/api';
import { duration, megabytes, percent, whole } from './format.js';

/** What a person reads at the end of a training. */
export function summary(result: TrainResult): string[] {
  const lines = [
    `Trained on ${whole(result.images)} images of ${result.dataset} in ${duration(result.trainSeconds)}: ` +
      `${whole(result.imagesPerSecond)} images/s; evaluation took ${duration(result.evalSeconds)}`,
  ];
  if (result.restarts > 0) lines.push(`Started again from its newest snapshot: ${result.restarts} ×`);
  if (!result.exact) lines.push('Inexact: it went on with numerics other than those it began with');
  const peaks = result.stages.flatMap(({ stage, peakMemoryBytes }) => {
    return peakMemoryBytes === null ? [] : [`${stage} ${megabytes(peakMemoryBytes)}`];
  });
  if (peaks.length > 0) lines.push(`Peak memory: ${peaks.join(', ')}`);
  lines.push(`Run folder: ${result.folder}`);
  if (result.testAccuracy === null) lines.push(`Not evaluated yet: npx layerline evaluate ${result.folder}`);
  else lines.push(`Test accuracy: ${percent(result.testAccuracy)} on ${result.dataset}`);
  if (result.validationError !== null) lines.push(`Validation error: ${percent(result.validationError)}`);
  return lines;
}
