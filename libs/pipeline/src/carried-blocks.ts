import type { LayerObservation } from '@layerline/api';
import { CLASSES } from '@layerline/datasets';
import { trainedLayers } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { findBlock, ProtocolError } from '@layerline/protocol';
import type { Barrier, Block, Rows } from '@layerline/protocol';
import { NotFiniteError } from './errors.js';
import { allFinite } from './finite.js';
import { goodnessBlock, INPUT_BLOCKS } from './layer-batch.js';
import { shownBlocks } from './look/look-blocks.js';
import { fromBlocks, OBSERVED_BLOCKS } from './observation/observed-blocks.js';
import { PICTURES } from './wrong-images.js';

const LABELS = 'labels';

/** What rows carry to the evaluator. */
export interface Carried {
  /** [rows] for each layer that learns and that they have passed. */
  readonly goodness: readonly Float32Array[];
  /** The true label of each image of score rows; empty for training rows. */
  readonly labels: Uint8Array;
  /** The images of score rows, where they come with them. */
  readonly pictures: Extract<Block, { type: 'u8' }> | undefined;
}

/**
 * Reads what rows carry past a stage on their way to the evaluator, which alone needs it. Every stage checks it, so that whoever
 * drops or spoils what others have made is noticed by its own neighbour, and nobody else is blamed.
 * @param place of the stage that gets the rows: a layer's, counted from 0; the evaluator's comes after the last one
 * @param producer who sent them, for messages
 * @throws ProtocolError where a block is missing, has other dimensions or is not known, NotFiniteError for goodness that is no
 * number
 */
export function readCarried(rows: Rows, plan: Plan, place: number, producer: string): Carried {
  const count = rows.positive + rows.negative + rows.neutral;
  const names = passedLayers(plan, place).map(goodnessBlock);
  const goodness = names.map((name) => {
    const block = findBlock(rows, name, 'f32');
    if (block?.shape[0] !== count || block.shape[1] !== 1) {
      throw new ProtocolError(
        `${producer} sent ${block?.shape.join(' × ') ?? 'no'} ${name}, where ${count} × 1 were due`,
      );
    }
    if (!allFinite(block.data)) throw new NotFiniteError(producer, name, rows.epoch, rows.batch);
    return block.data;
  });
  const isLabelled = rows.purpose !== 'train';
  const labels = (isLabelled ? findBlock(rows, LABELS, 'u8') : undefined)?.data ?? new Uint8Array();
  if (isLabelled && labels.length * CLASSES !== count) {
    throw new ProtocolError(
      `${producer} sent ${count} ${rows.purpose} rows with ${labels.length} labels: each label takes ${CLASSES}`,
    );
  }
  if (labels.some((label) => label >= CLASSES)) {
    throw new ProtocolError(`${producer} sent a label that is none of the ${CLASSES}`);
  }
  const shown = rows.purpose === 'look' ? shownBlocks(rows, plan, passedLayers(plan, place), producer) : [];
  const known = new Set([...INPUT_BLOCKS, ...names, ...shown, LABELS, PICTURES]);
  const unknown = rows.blocks.find(({ name }) => !known.has(name));
  if (unknown !== undefined) {
    throw new ProtocolError(`${producer} sent a block ${unknown.name}, which the plan does not have`);
  }
  return { goodness, labels, pictures: findBlock(rows, PICTURES, 'u8') };
}

/**
 * Reads what an `observe` barrier carries past a stage, as {@link readCarried} does for rows.
 * @returns the observation of each layer that learns and that it has passed
 * @throws ProtocolError where one is missing or makes no sense, or there is anything else
 */
export function readObserved(barrier: Barrier, plan: Plan, place: number, producer: string): LayerObservation[] {
  const layers = passedLayers(plan, place);
  const [found, due] = [barrier.blocks?.length ?? 0, layers.length * OBSERVED_BLOCKS];
  if (found > due) throw new ProtocolError(`${producer} sent an observation of ${found} blocks, where ${due} were due`);
  return layers.map((index) => fromBlocks(barrier, index, producer));
}

/** The layers that learn, of those before a place. */
function passedLayers(plan: Plan, place: number): number[] {
  return trainedLayers(plan).filter((index) => index < place);
}
