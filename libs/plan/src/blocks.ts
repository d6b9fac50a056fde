import { inputsOf } from '@layerline/datasets';
import { blocksOf, exchangedShape, exchangedSums, sumsName, widthOf } from '@layerline/forward-forward';
import type { BatchShape, UnitRange } from '@layerline/forward-forward';
import { ELEMENT_BYTES, headerAllowance, rowCount } from '@layerline/protocol';
import type { Block } from '@layerline/protocol';
import { MAX_BIN } from '@layerline/telemetry/log-scale';
import { layerName, trainedLayers } from './layers.js';
import type { Plan } from './plan.js';
import {
  classesOf,
  hasReadouts,
  imagesOf,
  imagesPerFrame,
  readoutRows,
  scoredCopies,
  trainingHead,
  copiesOf,
} from './rows.js';
import type { RowsHead, RowsOf } from './rows.js';

/** The blocks that belong to no single layer. */
export const BLOCKS = {
  /** Images, and what is laid over the first pixels of each row of them. */
  images: 'images',
  overlay: 'overlay',
  /** Rows as the next layer takes them. */
  activations: 'activations',
  /** The true label of each image that has one to be told, and the images themselves as the data set has them. */
  labels: 'labels',
  pictures: 'pictures',
  /** The first layer's weights of some units, a byte each, and what scales them. */
  shownWeights: 'shown-weights',
  shownWeightScale: 'shown-weight-scale',
  /** What speaks for each class of a training image, on its way from the evaluator to the feeder. */
  scores: 'scores',
} as const;

/** The blocks that a layer adds to frames that pass it. @param index the layer's place, counted from 0 */
export function blocksOfLayer(index: number) {
  const layer = layerName(index);
  return {
    goodness: `goodness/${layer}`,
    logits: `logits/${layer}`,
    shownActivations: `shown/${layer}`,
    observedRows: `observed-rows/${layer}`,
    observedPairs: `observed-pairs/${layer}`,
    observedUnits: `observed-units/${layer}`,
  } as const;
}

/** Columns of what is observed of positive or negative rows: three sums, then a histogram of goodness from −MAX_BIN to MAX_BIN. */
export const OBSERVED_ROW_SUMS = 3;
export const OBSERVED_BINS = 2 * MAX_BIN + 1;
/** Columns of what is observed of pairs of rows, and of each block of units. */
export const OBSERVED_PAIR_SUMS = 4;
export const OBSERVED_UNIT_SUMS = 4;
/** So many units of the first layer show their weights in a look. */
export const MAX_SHOWN_WEIGHTS = 64;

/** What blocks are aligned to, at most. */
const ALIGNMENT_BYTES = 16;

/** A block as a frame of the plan has it. */
export interface PlannedBlock extends Pick<Block, 'name' | 'type' | 'shape'> {
  /**
   * What of it the shards of the layer that has made it have one part each of: its columns, which are units, or its rows,
   * which are blocks of units. Left out where the first shard has all of it.
   */
  readonly cut?: 'columns' | 'rows';
}
/** What of the plan says which blocks frames have. */
export type BlocksOf = RowsOf & Pick<Plan, 'programs'>;

/**
 * The blocks of a frame of rows, put together from those that the shards of the last layer have sent.
 * @param passed how many layers it has passed
 */
export function blocksOfRows(plan: BlocksOf, passed: number, rows: RowsHead): PlannedBlock[] {
  const count = rowCount(rows);
  const blocks: PlannedBlock[] = [];
  const add = (name: string, type: Block['type'], ...shape: PlannedBlock['shape']): void => {
    blocks.push({ name, type, shape });
  };
  const addColumns = (name: string, layer: number, ...shape: PlannedBlock['shape']): void => {
    blocks.push({ name, type: 'f32', shape, ...(layer === passed - 1 && { cut: 'columns' }) });
  };
  const images = imagesOf(plan, rows);
  if (passed === 0) {
    add(BLOCKS.images, 'f32', images, inputsOf(plan.data));
    add(BLOCKS.overlay, 'f32', count, classesOf(plan));
  } else if (passed < plan.layers.length) {
    addColumns(BLOCKS.activations, passed - 1, count, unitsOf(plan, passed - 1));
    if (plan.labels === 'every') add(BLOCKS.overlay, 'f32', count, classesOf(plan));
  }
  const isJudged = rows.purpose === 'score' || rows.purpose === 'look';
  if (isJudged) {
    add(BLOCKS.labels, 'u8', images, 1);
    add(BLOCKS.pictures, 'u8', images, pictureSize(plan));
  } else if (rows.purpose === 'train' && hasReadouts(plan)) {
    add(BLOCKS.labels, 'u8', plan.batch, 1);
  }
  const read = readoutRows(plan, rows);
  for (const index of learnersBefore(plan, passed)) {
    const { goodness, logits, shownActivations } = blocksOfLayer(index);
    add(goodness, 'f32', count, 1);
    if (read !== undefined) add(logits, 'f32', read.to - read.from, classesOf(plan));
    if (rows.purpose !== 'look') continue;
    addColumns(shownActivations, index, 1, unitsOf(plan, index));
    if (index > 0) continue;
    add(BLOCKS.shownWeights, 'u8', shownWeights(plan), pictureSize(plan));
    add(BLOCKS.shownWeightScale, 'f64', 1, 1);
  }
  return blocks;
}

/** The blocks of an `observe` barrier. @param passed how many layers it has passed */
export function blocksOfObservation(plan: BlocksOf, passed: number): PlannedBlock[] {
  return learnersBefore(plan, passed).flatMap((index): PlannedBlock[] => {
    const { observedRows, observedPairs, observedUnits } = blocksOfLayer(index);
    const units = unitsOf(plan, index);
    return [
      { name: observedRows, type: 'f64', shape: [2, OBSERVED_ROW_SUMS + OBSERVED_BINS] },
      { name: observedPairs, type: 'f64', shape: [1, OBSERVED_PAIR_SUMS] },
      {
        name: observedUnits,
        type: 'f64',
        shape: [blocksOf(units).length, OBSERVED_UNIT_SUMS],
        ...(index === passed - 1 && { cut: 'rows' }),
      },
    ];
  });
}

/**
 * What of a frame's blocks one stage sends.
 * @param units the width of the layer that the stage is a shard of
 * @param range its units; undefined for the feeder, which sends all
 */
export function piecesOf(blocks: readonly PlannedBlock[], units: number, range: UnitRange | undefined): PlannedBlock[] {
  if (range === undefined || widthOf(range) === units) return [...blocks];
  return blocks.flatMap((block): PlannedBlock[] => {
    const { cut, shape } = block;
    if (cut === undefined) return range.from === 0 ? [block] : [];
    if (cut === 'columns') return [{ ...block, shape: [shape[0], widthOf(range)] }];
    return [{ ...block, shape: [blocksOf(units, range).length, shape[1]] }];
  });
}

/** What a shard tells the others of its layer about rows. @param layer its place, counted from 0 */
export function blocksOfSums(plan: BlocksOf, layer: number, range: UnitRange, rows: RowsHead): PlannedBlock[] {
  const blocks = blocksOf(unitsOf(plan, layer), range).length;
  const spec = plan.layers[layer];
  if (spec === undefined) return [];
  const batch = batchShape(plan, layer, rows);
  return exchangedSums(spec, batch, rows.purpose === 'train').map((sums) => {
    return { name: sumsName(sums.name), type: 'f32', shape: exchangedShape(sums, spec, batch, blocks) };
  });
}

/** Rows as a layer takes them. @param layer its place, counted from 0 */
export function batchShape(plan: BlocksOf, layer: number, rows: RowsHead): BatchShape {
  const count = rowCount(rows);
  const images = plan.layers[layer]?.overlay === 0 ? count : imagesOf(plan, rows);
  const { positive, negative } = rows;
  const readout = readoutRows(plan, rows);
  return {
    ...{ rows: count, images },
    ...(positive + negative < count && { pairs: positive }),
    ...(readout !== undefined && { readout }),
  };
}

/** The most bytes of a frame of a stage that has passed so many layers. @param range the units of the last one that it has */
export function largestFrameBytes(plan: BlocksOf, passed: number, range: UnitRange | undefined): number {
  const frames = [...headsOf(plan).map((rows) => blocksOfRows(plan, passed, rows)), blocksOfObservation(plan, passed)];
  return Math.max(...frames.map((blocks) => bytesOf(piecesOf(blocks, unitsOf(plan, passed - 1), range))));
}

/** The most bytes of what a shard tells the others of its layer. */
export function largestSumsBytes(plan: BlocksOf, layer: number, range: UnitRange): number {
  return Math.max(...headsOf(plan).map((rows) => bytesOf(blocksOfSums(plan, layer, range, rows))));
}

/**
 * The numbers that a stage sends on for a training batch, in bytes, without header and alignment.
 * @param passed how many layers the frame has passed @param range the units of the last one that the stage has
 */
export function trainingBytes(plan: BlocksOf, passed: number, range: UnitRange | undefined): number {
  const blocks = blocksOfRows(plan, passed, trainingHead(plan));
  return numberBytes(piecesOf(blocks, unitsOf(plan, passed - 1), range));
}

/** The same of what a shard tells each of the others of its layer. */
export function trainingSumsBytes(plan: BlocksOf, layer: number, range: UnitRange): number {
  return numberBytes(blocksOfSums(plan, layer, range, trainingHead(plan)));
}

/** The images that the rows of a training batch show. */
export function trainingImages(plan: RowsOf): number {
  return imagesOf(plan, trainingHead(plan));
}

/** The rows of the largest frames of each purpose. */
function headsOf(plan: BlocksOf): RowsHead[] {
  const ends = { positive: 0, negative: 0 };
  const [scored, ranked] = [imagesPerFrame(plan, 'score'), imagesPerFrame(plan, 'rank')];
  return [
    trainingHead(plan),
    { purpose: 'score', ...ends, neutral: scored * scoredCopies(plan) },
    { purpose: 'look', ...ends, neutral: scoredCopies(plan) },
    ...(plan.hard === undefined
      ? []
      : [{ purpose: 'rank', ...ends, neutral: ranked * copiesOf(plan, 'rank') } as const]),
  ];
}

/** The blocks of what the evaluator says of ranked rows. */
export function blocksOfScores(plan: RowsOf, images: number): PlannedBlock[] {
  return [{ name: BLOCKS.scores, type: 'f32', shape: [images, classesOf(plan)] }];
}

/** The most bytes of a frame from the evaluator to the feeder. */
export function largestScoresBytes(plan: RowsOf): number {
  return bytesOf(blocksOfScores(plan, imagesPerFrame(plan, 'rank')));
}

/** Bytes of a row as a picture for people. */
export function pictureSize({ data: { height, width } }: Pick<Plan, 'data'>): number {
  return height * width;
}

/** Units of the first layer whose weights a look shows. */
export function shownWeights(plan: Pick<Plan, 'layers'>): number {
  return Math.min(MAX_SHOWN_WEIGHTS, unitsOf(plan, 0));
}

function learnersBefore(plan: BlocksOf, passed: number): number[] {
  return trainedLayers(plan).filter((index) => index < passed);
}

function unitsOf({ layers }: Pick<Plan, 'layers'>, index: number): number {
  return layers[index]?.units ?? 0;
}

/** With room for the header and for aligning each block. */
function bytesOf(blocks: readonly PlannedBlock[]): number {
  return headerAllowance(blocks.length) + numberBytes(blocks) + ALIGNMENT_BYTES * (blocks.length + 1);
}

function numberBytes(blocks: readonly PlannedBlock[]): number {
  return blocks.reduce((bytes, { type, shape: [rows, columns] }) => bytes + ELEMENT_BYTES[type] * rows * columns, 0);
}
