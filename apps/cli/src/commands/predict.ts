import { readPictures } from '@layerline/datasets';
import { scoresOf } from '@layerline/pipeline';
import {
  ConfigError,
  countedLayers,
  hasReadouts,
  imagesPerScoreFrame,
  layerName,
  trainedLayers,
} from '@layerline/plan';
import { table } from '../display/table.js';
import { openNetwork } from '../trained-network.js';
import type { NetworkArguments } from '../trained-network.js';

export interface PredictArguments extends NetworkArguments {
  readonly paths: readonly string[];
  /** Classes of each picture that are shown. */
  readonly top: number;
  readonly json: boolean;
}

/** A class, and how much speaks for it. */
interface Score {
  readonly label: string;
  /** Goodness, or the logit of readouts, added up over the layers that classify. */
  readonly score: number;
  readonly byLayer: readonly number[];
}

/** What a network takes a picture for, the best first. */
interface Prediction {
  readonly file: string;
  readonly classes: readonly Score[];
}

/** `layerline predict RUN PICTURE…`. @returns the exit code */
export async function predict(given: PredictArguments): Promise<number> {
  const { plan, scorer, engine } = await openNetwork(given, false);
  const predictions: Prediction[] = [];
  try {
    if (plan.data.kind === 'table') throw new ConfigError('This run has learned from a table: predict takes pictures');
    const { files, set } = await readPictures(given.paths, plan.data);
    const most = imagesPerScoreFrame(plan);
    for (let first = 0; first < set.count; first += most) {
      const end = Math.min(first + most, set.count);
      const scores = scoresOf(plan, await scorer.score(set, first, end), end - first);
      const counted = countedLayers(plan, trainedLayers(plan));
      for (let place = 0; place < end - first; place++) {
        const classes = ranked(scores, plan.data.classes, place, end - first, counted);
        predictions.push({ file: files[first + place] as string, classes });
      }
    }
  } finally {
    await engine.close();
  }
  show(predictions, hasReadouts(plan) ? 'logit' : 'goodness', given);
  return 0;
}

/** @param place of the picture among so many @param counted the layers that classify */
function ranked(
  scores: readonly Float32Array[],
  classes: readonly string[],
  place: number,
  pictures: number,
  counted: readonly number[],
): Score[] {
  const ofClasses = classes.map((label, index): Score => {
    const byLayer = scores.map((ofLayer) => ofLayer[index * pictures + place] as number);
    return { label, byLayer, score: counted.reduce((sum, layer) => sum + (byLayer[layer] as number), 0) };
  });
  return ofClasses.sort((a, b) => b.score - a.score);
}

/** @param measure what scores are */
function show(
  predictions: readonly Prediction[],
  measure: 'goodness' | 'logit',
  { top, json }: PredictArguments,
): void {
  const named = ({ label, byLayer, score }: Score): object => ({ label, [measure]: score, byLayer });
  if (json) {
    for (const { file, classes } of predictions) {
      process.stdout.write(
        `${JSON.stringify({ file, predicted: classes[0]?.label, classes: classes.slice(0, top).map(named) })}\n`,
      );
    }
    return;
  }
  const layers = predictions[0]?.classes[0]?.byLayer.map((_, index) => layerName(index)) ?? [];
  const rows = predictions.flatMap(({ file, classes }) =>
    classes.slice(0, top).map(({ label, score, byLayer }, rank) => {
      return [rank === 0 ? file : '', label, ...[score, ...byLayer].map((value) => value.toPrecision(4))];
    }),
  );
  process.stdout.write(table(['picture', 'class', measure, ...layers], rows));
}
