import {
  BLOCKS,
  blocksOfLayer,
  blocksOfObservation,
  blocksOfRows,
  classesOf,
  hasReadouts,
  readoutRows,
  trainedLayers,
} from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { ProtocolError } from '@layerline/protocol';
import type { Barrier, Rows } from '@layerline/protocol';
import { NotFiniteError } from './errors.js';
import { allFinite } from './finite.js';
import { checkShown } from './look/look-blocks.js';
import { fromBlocks } from './observation/observed-blocks.js';
import type { LayerSums } from './observation/observed-blocks.js';
import { readBlocks } from './planned-blocks.js';
import type { DataOf } from './planned-blocks.js';

/** What rows carry. */
export interface Carried {
  /** [rows] for each layer that learns and that they have passed. */
  readonly goodness: readonly Float32Array[];
  /** [rows that readouts read, classes] of the same layers: what each says for itself; empty where readouts read nothing. */
  readonly logits: readonly Float32Array[];
  /** The true label of each image; empty for training rows that no readout learns from, and for rows that are ranked. */
  readonly labels: Uint8Array;
  /** All of their blocks. */
  readonly dataOf: DataOf;
}

/**
 * Reads what rows bring to a stage: its input, and what they carry past it on their way to the evaluator, which alone needs it.
 * Every stage checks all of it, so that whoever drops or spoils what others have made is noticed by its own neighbour, and nobody
 * else is blamed.
 * @param place of the stage that gets the rows: a layer's, counted from 0; the evaluator's comes after the last one
 * @param producer who sent them, for messages
 * @throws ProtocolError where blocks are not those of the plan or make no sense, NotFiniteError for goodness that is no number
 */
export function readRows(rows: Rows, plan: Plan, place: number, producer: string): Carried {
  const dataOf = readBlocks(rows, blocksOfRows(plan, place, rows), producer);
  const passed = passedLayers(plan, place);
  const finite = (name: string): Float32Array => {
    const data = dataOf(name, 'f32');
    if (!allFinite(data)) throw new NotFiniteError(producer, name, rows.epoch, rows.batch);
    return data;
  };
  const goodness = passed.map((index) => finite(blocksOfLayer(index).goodness));
  const isRead = readoutRows(plan, rows) !== undefined;
  const logits = isRead ? passed.map((index) => finite(blocksOfLayer(index).logits)) : [];
  const isTold = rows.purpose === 'train' ? hasReadouts(plan) : rows.purpose !== 'rank';
  const labels = isTold ? dataOf(BLOCKS.labels, 'u8') : new Uint8Array();
  if (labels.some((label) => label >= classesOf(plan))) {
    throw new ProtocolError(`${producer} sent a label that is none of the ${classesOf(plan)}`);
  }
  if (rows.purpose === 'look' && passed.includes(0)) checkShown(dataOf, producer);
  return { goodness, logits, labels, dataOf };
}

/**
 * Reads what an `observe` barrier brings to a stage, as {@link readRows} does for rows.
 * @returns the sums of each layer that learns and that it has passed
 * @throws ProtocolError where blocks are not those of the plan or make no sense
 */
export function readObserved(barrier: Barrier, plan: Plan, place: number, producer: string): LayerSums[] {
  const dataOf = readBlocks(barrier, blocksOfObservation(plan, place), producer);
  return passedLayers(plan, place).map((index) => fromBlocks(dataOf, index, producer));
}

/** The layers that learn, of those before a place. */
function passedLayers(plan: Plan, place: number): number[] {
  return trainedLayers(plan).filter((index) => index < place);
}
