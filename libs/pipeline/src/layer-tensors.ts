import type { Engine, Tensor, Tensors } from '@layerline/engine';
import {
  exchangedShape,
  MEAN_ACTIVITY,
  READOUT_MASK,
  READOUT_SCALE,
  READOUT_WEIGHTS,
  readoutInputShapes,
  rowsRead,
  sumsName,
} from '@layerline/forward-forward';
import type { BatchShape, ExchangedSums, LayerSpec } from '@layerline/forward-forward';
import type { Shape } from '@layerline/ops';
import type { BlockSums, ForwardOptions, ReadoutLesson } from './forward.js';

/** Numbers as 1 × 1 matrices, by name. */
export function scalarTensors(engine: Engine, values: Readonly<Record<string, number>>): Tensors {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([name, value]) => [name, engine.tensor([1, 1], Float32Array.of(value))]));
}

/** A mask of dropout. Nothing is dropped without one that is given. */
export function maskTensor(engine: Engine, shape: Shape, mask: Float32Array | undefined): Tensor {
  return engine.tensor(shape, mask ?? new Float32Array(shape[0] * shape[1]).fill(1));
}

/** Where a forward pass puts what a readout makes of its rows, and its mask; nothing where it reads none. */
export function readoutTensors(
  engine: Engine,
  { readout }: LayerSpec,
  batch: BatchShape,
  width: number,
  { learn, readoutMask }: ForwardOptions,
): Tensors {
  const rows = rowsRead(batch);
  if (readout === undefined || rows === 0) return {};
  const logits = engine.tensor([rows, readout.classes]);
  if (!learn) return { logits };
  const results = { logits, [READOUT_SCALE]: engine.tensor([rows, 1]) };
  if (readout.dropout === 0) return results;
  return { ...results, [READOUT_MASK]: maskTensor(engine, [rows, width], readoutMask) };
}

/** What a readout learns from. */
export function lessonTensors(
  engine: Engine,
  { readout }: LayerSpec,
  batch: BatchShape,
  { scalars, targets, before }: ReadoutLesson,
): Tensors {
  if (readout === undefined) return {};
  const given: Readonly<Record<string, Float32Array | undefined>> = { targets, logitsBefore: before };
  const rows = Array.from(readoutInputShapes(readout, rowsRead(batch)), ([name, shape]) => {
    return [name, engine.tensor(shape, given[name])] as const;
  });
  const { rate: readoutRate, decay: readoutDecay, epsilon: readoutEpsilon } = scalars;
  return { ...Object.fromEntries(rows), ...scalarTensors(engine, { readoutRate, readoutDecay, readoutEpsilon }) };
}

/** What shards exchange, by the names of graphs. @param blocks of units that it is of */
export function sumsTensors(
  engine: Engine,
  spec: LayerSpec,
  batch: BatchShape,
  exchanged: readonly ExchangedSums[],
  blocks: number,
  numbers: BlockSums,
): Tensors {
  const entries = exchanged.map((sums) => {
    const shape = exchangedShape(sums, spec, batch, blocks);
    return [sumsName(sums.name), engine.tensor(shape, numbers[sums.name])] as const;
  });
  return Object.fromEntries(entries);
}

/** The matrices of a layer's state that a forward pass reads. */
export function namesRead({ readout, peerNormalization }: LayerSpec, batch: BatchShape, learns: boolean): string[] {
  return [
    ...['weights', 'biases'],
    ...(readout !== undefined && batch.readout !== undefined ? [READOUT_WEIGHTS] : []),
    ...(learns && peerNormalization > 0 ? [MEAN_ACTIVITY] : []),
  ];
}
