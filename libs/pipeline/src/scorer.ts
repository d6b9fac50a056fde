import type { ModelPart } from '@layerline/checkpoint';
import type { Dataset, ImageSet } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { BLOCKS } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Block, Rows } from '@layerline/protocol';
import { rowCount } from '@layerline/protocol';
import type { ForwardResult, Normalized } from './forward.js';
import { Layer } from './layer.js';
import { RowSource } from './row-source.js';

/** What a layer makes of rows. */
export interface LayerActivations {
  /** One number a row. */
  readonly goodness: Float32Array;
  /** [rows, units], as the next layer gets them. */
  readonly normalized: Float32Array;
}

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
    const goodness: Float32Array[] = [];
    await this.#pass(
      this.#source.judgedRows(set, first, end),
      end - first,
      (passed) => void goodness.push(passed.goodness),
    );
    return goodness;
  }

  /**
   * Passes rows `first` to `end` (excluded) of a set forward, each under its own label.
   * @returns what each layer makes of them
   */
  async activations(set: ImageSet, first: number, end: number): Promise<LayerActivations[]> {
    const layers: LayerActivations[] = [];
    await this.#pass(this.#source.labelledRows(set, first, end), end - first, ({ goodness, normalized }) => {
      layers.push({ goodness, normalized: normalized?.data.slice() ?? new Float32Array() });
    });
    return layers;
  }

  /** @param images that the rows show @param take is given what each layer has made of them, until the next layer has it */
  async #pass(rows: Rows, images: number, take: (passed: ForwardResult) => void): Promise<void> {
    let given: Normalized | undefined;
    for (const [index, layer] of this.#layers.entries()) {
      const isFirst = index === 0;
      const input = isFirst ? inputOf(rows) : { input: given?.data ?? new Float32Array() };
      const batch = { rows: rowCount(rows), images: isFirst ? images : rowCount(rows) };
      const passed = await layer.forward(input, batch, { learn: false, normalized: true });
      take(passed);
      given?.release();
      given = passed.normalized;
    }
    given?.release();
    rows.release?.();
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
