import type { ModelPart } from '@layerline/checkpoint';
import type { Dataset, ImageSet } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { BLOCKS } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Block, Rows } from '@layerline/protocol';
import { rowCount } from '@layerline/protocol';
import type { Normalized } from './forward.js';
import { Layer } from './layer.js';
import { RowSource } from './row-source.js';

/**
 * What a trained network makes of rows: the goodness of each layer under each label. In this process, on an engine that it is
 * given.
 */
export class Scorer {
  readonly #source: RowSource;
  readonly #layers: readonly Layer[];

  /**
   * @param plan by which the model was trained @param dataset that it was trained on
   * @param parts of the model, in the order of the plan's layers
   */
  constructor(
    readonly plan: Plan,
    dataset: Dataset,
    engine: Engine,
    parts: readonly ModelPart[],
  ) {
    this.#source = new RowSource(plan, dataset);
    this.#layers = plan.layers.map((spec, index) => Layer.restore(engine, spec, parts[index]?.tensors ?? []));
  }

  /**
   * Scores rows `first` to `end` (excluded) of a set.
   * @returns goodness by layer, [classes × rows]: all rows under the first label, then all of them under the next
   */
  async score(set: ImageSet, first: number, end: number): Promise<Float32Array[]> {
    const rows = this.#source.judgedRows(set, first, end);
    const images = end - first;
    const goodness: Float32Array[] = [];
    let given: Normalized | undefined;
    for (const [index, layer] of this.#layers.entries()) {
      const isFirst = index === 0;
      const input = isFirst ? inputOf(rows) : { input: given?.data ?? new Float32Array() };
      const batch = { rows: rowCount(rows), images: isFirst ? images : rowCount(rows) };
      const normalized = index < this.#layers.length - 1;
      const passed = await layer.forward(input, batch, { learn: false, normalized });
      goodness.push(passed.goodness);
      given?.release();
      given = passed.normalized;
    }
    rows.release?.();
    return goodness;
  }

  /** Frees its layers; the engine stays. */
  dispose(): void {
    for (const layer of this.#layers) {
      layer.dispose();
      layer.graphs.dispose();
    }
  }
}

function inputOf({ blocks }: Rows): Record<string, Float32Array> {
  const dataOf = (name: string): Float32Array => {
    const block = blocks.find(
      (each): each is Extract<Block, { type: 'f32' }> => each.name === name && each.type === 'f32',
    );
    return block?.data ?? new Float32Array();
  };
  return { images: dataOf(BLOCKS.images), overlay: dataOf(BLOCKS.overlay) };
}
