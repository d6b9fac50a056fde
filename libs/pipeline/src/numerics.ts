import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Engine } from '@layerline/engine';
import {
  allUnits,
  inputShapes,
  layerState,
  parametersOf,
  readoutInputShapes,
  readoutOptimizer,
  rowsRead,
  StepCounter,
} from '@layerline/forward-forward';
import type { BatchShape, LayerSpec, StateEntry, UnitRange } from '@layerline/forward-forward';
import { fold, normal, randomKey, sizeOf } from '@layerline/ops';
import type { Shape } from '@layerline/ops';
import { batchShape, layerName, shardsOf, trainedLayers, trainingHead } from '@layerline/plan';
import type { Network } from '@layerline/plan';
import { concatenated } from './concatenated.js';
import { copyColumns } from './copy-columns.js';
import { CutsDifferError } from './errors.js';
import { joinSums } from './exchange.js';
import { Layer } from './layer.js';
import type { BlockSums, Exchange, ReadoutLesson } from './forward.js';

/** Any key: the same probe everywhere. */
const PROBE_KEY = randomKey(0x70726f6265);
const PROBE_RATE = 0.01;
/** A prime, so that no two rows are the same. */
const DRAWN = 65_521;

/** What a layer, or the shards of one put together, have made of the probe. */
interface Made {
  readonly goodness: Float32Array;
  readonly normalized: Float32Array;
  readonly logits: Float32Array;
  readonly learned: readonly Float32Array[];
}

/**
 * What decides the bits of a run, as `engine version backend probe`: two machines with the same numerics compute the
 * same numbers. The probe is a hash of what the engine makes of made-up rows in the plan's real shapes, one forward
 * pass and one learning step for each shape, with the plan's threads. A layer that is cut has the numerics of the whole one,
 * which is checked.
 * @throws CutsDifferError where the shards of a layer compute other bits than the whole layer
 */
export async function numericsOf(engine: Engine, plan: Network): Promise<string> {
  const trained = trainedLayers(plan).map((index) => ({
    index,
    spec: plan.layers[index] as LayerSpec,
    ranges: shardsOf(plan, index).map(({ range }) => range),
  }));
  const shapes = new Map(
    trained.map((layer) => {
      const { spec, ranges } = layer;
      return [`${kindOf(spec)} ${ranges.length}`, layer];
    }),
  );
  const hash = createHash('sha256');
  const hashed = new Set<string>();
  for (const { index, spec, ranges } of shapes.values()) {
    // Whatever images negatives are made from: each is shown by several rows.
    const batch = { ...batchShape(plan, index, trainingHead(plan)), ...(spec.overlay > 0 && { images: plan.batch }) };
    const whole = await probe(engine, spec, batch, [allUnits(spec)]);
    if (ranges.length > 1) {
      const cut = await probe(engine, spec, batch, ranges);
      if (!isDeepStrictEqual(bytesOf(cut), bytesOf(whole))) throw new CutsDifferError(layerName(index), ranges.length);
    }
    const kind = kindOf(spec);
    if (!hashed.has(kind)) for (const bytes of bytesOf(whole)) hash.update(bytes);
    hashed.add(kind);
  }
  const { engine: name, version, backend } = engine.identity;
  return `${name} ${version} ${backend} ${hash.digest('hex').slice(0, 16)}`;
}

/** What of a layer decides what it makes of the probe, whose learning rate is the same for all. */
function kindOf({ learningRate: _, schedule: _schedule, ...spec }: LayerSpec): string {
  return JSON.stringify(spec);
}

/** @param ranges of the shards; one for a whole layer */
async function probe(engine: Engine, spec: LayerSpec, batch: BatchShape, ranges: readonly UnitRange[]): Promise<Made> {
  const { rows } = batch;
  const deviation = 1 / Math.sqrt(spec.inputs);
  const made = new Map(layerState(spec).map((entry) => [entry.name, numbersOf(entry, deviation)]));
  const shards = ranges.map((range) => {
    const numbers = ({ name }: StateEntry): Float32Array => {
      const all = made.get(name) as Float32Array;
      const each = all.length / spec.units;
      return all.slice(range.from * each, range.to * each);
    };
    return Layer.with(engine, spec, numbers, range);
  });
  const input = Array.from(
    inputShapes(spec, batch),
    ([name, shape], index) => [name, madeUp(shape, index + 1, 1)] as const,
  );
  const exchange = exchangeAmong(spec, ranges);
  const passed = await Promise.all(
    shards.map((shard, place) => {
      const own = Object.fromEntries(input.map(([name, data]) => [name, data.slice()]));
      return shard.forward(own, batch, { learn: true, normalized: true, exchange: exchange(place) });
    }),
  );
  const scalars = new StepCounter(spec.optimizer).next(PROBE_RATE);
  const normalized = new Float32Array(rows * spec.units);
  passed.forEach((result, place) => {
    const from = ranges[place]?.from ?? 0;
    if (result.normalized !== undefined) copyColumns(result.normalized.data, rows, normalized, spec.units, from);
  });
  for (const shard of shards) await shard.learn(scalars, lessonFor(spec, batch));
  const learned = await Promise.all(shards.map((shard) => shard.parameters()));
  for (const shard of shards) {
    shard.dispose();
    shard.graphs.dispose();
  }
  return {
    goodness: passed[0]?.goodness ?? new Float32Array(),
    normalized,
    logits: passed[0]?.logits?.slice() ?? new Float32Array(),
    learned: parametersOf(spec).map((_, parameter) =>
      concatenated(learned.map((each) => each[parameter]?.data ?? new Float32Array())),
    ),
  };
}

/** What a readout learns from the probe. */
function lessonFor({ readout }: LayerSpec, batch: BatchShape): ReadoutLesson | undefined {
  if (readout === undefined) return undefined;
  const rows = rowsRead(batch);
  const { classes } = readout;
  const targets = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) targets[row * classes + (row % classes)] = 1;
  const before = readoutInputShapes(readout, rows).get('logitsBefore');
  return {
    scalars: new StepCounter(readoutOptimizer(readout)).next(PROBE_RATE),
    targets,
    before: before && madeUp(before, 0, 1),
  };
}

/** An exchange among shards that wait for each other. */
function exchangeAmong(spec: LayerSpec, ranges: readonly UnitRange[]): (place: number) => Exchange {
  const sums: BlockSums[] = [];
  let complete!: () => void;
  const all = new Promise<void>((resolve) => (complete = resolve));
  return (place) => async (own) => {
    sums[place] = own;
    if (ranges.every((_, each) => sums[each] !== undefined)) complete();
    await all;
    return joinSums(
      spec.units,
      ranges.map((range, each) => ({ range, sums: sums[each] as BlockSums })),
    );
  };
}

function numbersOf({ shape, initial }: StateEntry, deviation: number): Float32Array {
  return initial === 'random' ? madeUp(shape, 0, deviation) : new Float32Array(sizeOf(shape)).fill(initial);
}

function bytesOf({ goodness, normalized, logits, learned }: Made): Uint8Array[] {
  return [goodness, normalized, logits, ...learned].map(({ buffer, byteOffset, byteLength }) => {
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
}

/** Normally distributed numbers, repeated: drawing as many as a wide layer has would delay the start. */
function madeUp(shape: Shape, seed: number, deviation: number): Float32Array {
  const key = fold(PROBE_KEY, seed);
  const made = new Float32Array(sizeOf(shape));
  const drawn = made.subarray(0, DRAWN);
  for (let at = 0; at < drawn.length; at++) drawn[at] = deviation * normal(key, at);
  for (let at = DRAWN; at < made.length; at += DRAWN) made.set(drawn.subarray(0, made.length - at), at);
  return made;
}
