import { BEFORE_ALL, rangeOf } from '@layerline/api';
import type { GoodnessSummary } from '@layerline/api';
import type { RunArchive } from '@layerline/coordinator';
import { layerName } from '@layerline/plan';
import { histogramRecord, scalarRecord, versionRecord } from './event-file.js';
import type { Distribution } from './event-file.js';

/**
 * A run as the records of a TensorBoard event file: each series as scalars under its name, and each layer's goodness as
 * histograms, under `layer-N/goodness/positive` and `layer-N/goodness/negative`.
 */
export async function* tensorBoardRecords(run: RunArchive): AsyncGenerator<Uint8Array> {
  const { index } = run;
  yield versionRecord(index.startedAt);
  for (const name of index.names) {
    const { step, at, value } = index.points(name);
    for (const place of step.keys()) {
      const moment = { step: step[place] as number, at: at[place] as number };
      yield scalarRecord(name, moment, value[place] as number);
    }
  }
  for await (const event of run.eventsBetween(BEFORE_ALL, run.lastId)) {
    if (event.type !== 'observation') continue;
    const moment = { step: event.step, at: Date.parse(event.at) };
    for (const [place, layer] of event.layers.entries()) {
      if (layer === null) continue;
      const name = `${layerName(place)}/goodness`;
      yield histogramRecord(`${name}/positive`, moment, distributionOf(layer.positive));
      yield histogramRecord(`${name}/negative`, moment, distributionOf(layer.negative));
    }
  }
}

/** What a summary's bins say, without those at both ends that are empty. */
function distributionOf({ count, mean, deviation, histogram }: GoodnessSummary): Distribution {
  const { first, counts } = histogram;
  const begin = Math.max(
    0,
    counts.findIndex((inBin) => inBin > 0),
  );
  const end = counts.findLastIndex((inBin) => inBin > 0) + 1;
  const kept = counts.slice(begin, end);
  const ranges = kept.map((_, place) => bucketOf(first + begin + place));
  return {
    min: ranges[0]?.[0] ?? 0,
    max: ranges.at(-1)?.[1] ?? 0,
    limits: ranges.map(([, upper]) => upper),
    counts: kept,
    count,
    sum: count * mean,
    sumOfSquares: count * (deviation ** 2 + mean ** 2),
  };
}

/** A bin's range; zero's reaches to its neighbours, as there are no gaps between buckets. */
function bucketOf(bin: number): readonly [number, number] {
  return bin === 0 ? [rangeOf(-1)[1], rangeOf(1)[0]] : rangeOf(bin);
}
