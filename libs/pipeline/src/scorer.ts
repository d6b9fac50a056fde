import type { ModelPart } from '@layerline/checkpoint';
import type { Dataset, ImageSet } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { batchShape, BLOCKS, copiesOf, scoredLabels } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Block, Rows } from '@layerline/protocol';
import { rowCount } from '@layerline/protocol';
import type { ForwardResult, Normalized } from './forward.js';
import { copyColumns } from './copy-columns.js';
import type { Judged } from './evaluation.js';
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
 * What a trained network makes of rows: the goodness of each layer under each label, and the logits of readouts. In this process,
 * on an engine that it is given.
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

  /** Scores rows `first` to `end` (excluded) of a set. */
  async score(set: ImageSet, first: number, end: number): Promise<Judged> {
    const goodness: Float32Array[] = [];
    const logits: Float32Array[] = [];
    const labelled = scoredLabels(this.plan) * (end - first);
    await this.#pass(this.#source.judgedRows(set, first, end), ({ goodness: ofRows, logits: read }) => {
      goodness.push(ofRows.subarray(0, labelled));
      if (read !== undefined) logits.push(read);
    });
    return { goodness, logits };
  }

  /**
   * Passes rows `first` to `end` (excluded) of a set forward, each under its own label where layers learn with labels.
   * @returns what each layer makes of them
   */
  async activations(set: ImageSet, first: number, end: number): Promise<LayerActivations[]> {
    const layers: LayerActivations[] = [];
    await this.#pass(this.#source.labelledRows(set, first, end), ({ goodness, normalized }) => {
      layers.push({ goodness, normalized: normalized?.data.slice() ?? new Float32Array() });
    });
    return layers;
  }

  /** @param take is given what each layer has made of the rows, until the next layer has it */
  async #pass(rows: Rows, take: (passed: ForwardResult) => void): Promise<void> {
    let given: Normalized | undefined;
    const first = inputOf(rows);
    // Rows that are not scored have each an image of their own, and no readout reads them.
    const count = rowCount(rows);
    const isScored =
      first.images.length / (this.plan.layers[0]?.inputs ?? 1) < count || copiesOf(this.plan, 'score') === 1;
    for (const [index, layer] of this.#layers.entries()) {
      const batch = isScored ? batchShape(this.plan, index, rows) : { rows: count, images: count };
      const input =
        index === 0 ? first : { input: this.#joined(given?.data ?? new Float32Array(), first.overlay, index) };
      const passed = await layer.forward(input, batch, { learn: false, normalized: true });
      take(passed);
      given?.release();
      given = passed.normalized;
    }
    given?.release();
    rows.release?.();
  }

  /** What a layer but the first takes: rows of the one before, and their labels where every layer gets them. */
  #joined(rows: Float32Array, overlay: Float32Array, index: number): Float32Array {
    const { labels = 0, inputs = 0 } = this.plan.layers[index] ?? {};
    if (labels === 0) return rows;
    const count = overlay.length / labels;
    const joined = new Float32Array(count * inputs);
    copyColumns(rows, count, joined, inputs, 0);
    copyColumns(overlay, count, joined, inputs, inputs - labels);
    return joined;
  }

  /** Frees its layers; the engine stays. */
  dispose(): void {
    for (const layer of this.#layers) {
      layer.dispose();
      layer.graphs.dispose();
    }
  }
}

function inputOf({ blocks }: Rows): { readonly images: Float32Array; readonly overlay: Float32Array } {
  const dataOf = (name: string): Float32Array => {
    const block = blocks.find(
      (each): each is Extract<Block, { type: 'f32' }> => each.name === name && each.type === 'f32',
    );
    return block?.data ?? new Float32Array();
  };
  return { images: dataOf(BLOCKS.images), overlay: dataOf(BLOCKS.overlay) };
}
