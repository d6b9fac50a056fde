import { CLASSES } from '@layerline/datasets';
import { trainedLayers } from '@layerline/plan';
import type { Plan } from '@layerline/plan';

/**
 * Counts how often goodness names the right class: a row's class is the label under which its goodness is highest, of
 * one layer, or added up over several (Hinton 2022, section 3.3).
 */
export class Classification {
  #images = 0;
  #wrong = 0;
  readonly #wrongByLayer: number[];
  readonly #layers: readonly number[];

  constructor(readonly plan: Pick<Plan, 'classifyBy' | 'layers' | 'programs'>) {
    // The first layer always learns.
    const all = trainedLayers(plan).map((_, place) => place);
    this.#wrongByLayer = all.map(() => 0);
    this.#layers = plan.classifyBy === 'all' ? all : all.slice(1);
  }

  /**
   * Takes images, each with ten rows: all images under label 0, then all under label 1, … 9.
   * @param goodness of all rows, by layer that learns @param labels the true label of each image
   */
  add(goodness: readonly Float32Array[], labels: Uint8Array): void {
    labels.forEach((truth, image) => {
      const row = (label: number): number => label * labels.length + image;
      const score = (label: number): number => {
        return this.#layers.reduce((total, layer) => total + (goodness[layer]?.[row(label)] ?? 0), 0);
      };
      if (highest(score) !== truth) this.#wrong++;
      goodness.forEach((ofLayer, layer) => {
        const wrong = highest((label) => ofLayer[row(label)] as number) !== truth;
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

/** The class with the highest score; the first of several that tie. */
function highest(score: (label: number) => number): number {
  let best = 0;
  for (let label = 1, most = score(0); label < CLASSES; label++) {
    const candidate = score(label);
    if (candidate > most) [best, most] = [label, candidate];
  }
  return best;
}
