import { CLASSES } from '@layerline/datasets';
import type { Plan } from './plan.js';

/**
 * Counts how often goodness names the right class: a row's class is the label under which its goodness is highest, of
 * one layer, or added up over several (Hinton 2022, section 3.3).
 */
export class Classification {
  #images = 0;
  #wrong = 0;
  readonly #wrongByLayer: number[];
  readonly #layers: readonly number[];

  constructor(readonly plan: Pick<Plan, 'classifyBy' | 'layers'>) {
    const all = plan.layers.map((_, index) => index);
    this.#wrongByLayer = all.map(() => 0);
    this.#layers = plan.classifyBy === 'all' ? all : all.slice(1);
  }

  /**
   * Takes images, each with ten rows, under label 0 … 9 in turn.
   * @param goodness of all rows, by layer @param labels the true labels
   */
  add(goodness: readonly Float32Array[], labels: Uint8Array): void {
    labels.forEach((label, image) => {
      const first = image * CLASSES;
      const score = (row: number): number => {
        return this.#layers.reduce((total, layer) => total + (goodness[layer]?.[first + row] ?? 0), 0);
      };
      if (highest(score) !== label) this.#wrong++;
      goodness.forEach((ofLayer, layer) => {
        const wrong = highest((row) => ofLayer[first + row] as number) !== label;
        this.#wrongByLayer[layer] = (this.#wrongByLayer[layer] ?? 0) + Number(wrong);
      });
    });
    this.#images += labels.length;
  }

  /** Fractions of the images so far. */
  get errors(): { testError: number; perLayerError: number[] } {
    const share = (wrong: number): number => wrong / this.#images;
    return { testError: share(this.#wrong), perLayerError: this.#wrongByLayer.map(share) };
  }
}

/** The class with the highest score; of equals the first. */
function highest(score: (label: number) => number): number {
  let best = 0;
  for (let label = 1, most = score(0); label < CLASSES; label++) {
    const candidate = score(label);
    if (candidate > most) [best, most] = [label, candidate];
  }
  return best;
}
