import { readoutOf } from '@layerline/forward-forward';
import { classesOf, trainedLayers } from '@layerline/plan';
import type { Plan } from '@layerline/plan';

/** What goodness makes of a test image. */
export interface Judgement {
  readonly label: number;
  readonly predicted: number;
  /** By how much the score of `predicted` exceeds that of `label`; 0 where it is right. */
  readonly margin: number;
}

/**
 * Counts how often goodness names the right class: a row's class is the label under which its goodness is highest, of
 * one layer, or added up over several (Hinton 2022, section 3.3).
 */
export class Classification {
  #images = 0;
  readonly #wrongByLayer: number[];
  readonly #layers: readonly number[];
  /** Images by label, then by class. */
  readonly #confusion: number[][];
  readonly #classes: number;

  constructor(readonly plan: Pick<Plan, 'data' | 'classifyBy' | 'layers' | 'programs'>) {
    const classes = classesOf(plan);
    this.#classes = classes;
    this.#confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    // The first layer always learns.
    const all = trainedLayers(plan).map((_, place) => place);
    this.#wrongByLayer = all.map(() => 0);
    this.#layers = readoutOf(plan.classifyBy).layers(all.length);
  }

  /**
   * Takes images, each with a row for every label: all images under the first label, then all under the next.
   * @param goodness of all rows, by layer that learns @param labels the true label of each image
   * @returns a judgement of each
   */
  add(goodness: readonly Float32Array[], labels: Uint8Array): Judgement[] {
    this.#images += labels.length;
    return Array.from(labels, (truth, image) => {
      const row = (label: number): number => label * labels.length + image;
      const score = (label: number): number => {
        return this.#layers.reduce((total, layer) => total + (goodness[layer]?.[row(label)] ?? 0), 0);
      };
      const predicted = highest(score, this.#classes);
      const counts = this.#confusion[truth] as number[];
      counts[predicted] = (counts[predicted] as number) + 1;
      goodness.forEach((ofLayer, layer) => {
        const wrong = highest((label) => ofLayer[row(label)] as number, this.#classes) !== truth;
        this.#wrongByLayer[layer] = (this.#wrongByLayer[layer] ?? 0) + Number(wrong);
      });
      return { label: truth, predicted, margin: score(predicted) - score(truth) };
    });
  }

  /** Images by true label (rows) and by the class that goodness names (columns). */
  get confusion(): number[][] {
    return this.#confusion.map((counts) => [...counts]);
  }

  /** Fractions of the images so far. */
  get errors(): { testError: number; perLayerError: number[] } {
    const right = this.#confusion.reduce((sum, counts, label) => sum + (counts[label] as number), 0);
    const share = (wrong: number): number => wrong / this.#images;
    return { testError: share(this.#images - right), perLayerError: this.#wrongByLayer.map(share) };
  }
}

/** The class with the highest score; the first of several that tie. */
function highest(score: (label: number) => number, classes: number): number {
  let best = 0;
  for (let label = 1, most = score(0); label < classes; label++) {
    const candidate = score(label);
    if (candidate > most) [best, most] = [label, candidate];
  }
  return best;
}
