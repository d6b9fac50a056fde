import { classesOf, countedLayers, trainedLayers } from '@layerline/plan';
import type { Plan } from '@layerline/plan';

/** What of a plan says how images are classified. */
export type ClassifiedBy = Pick<Plan, 'data' | 'classifyBy' | 'layers' | 'programs'>;

/** What the network makes of a test image. */
export interface Judgement {
  readonly label: number;
  readonly predicted: number;
  /** By how much the score of `predicted` exceeds that of `label`; 0 where it is right. */
  readonly margin: number;
}

/**
 * Counts how often scores name the right class: an image's class is that with the highest score, of one layer, or added up over
 * several. A score is the goodness under the class's label (Hinton 2022, section 3.3), or the logit of a readout.
 */
export class Classification {
  #images = 0;
  readonly #wrongByLayer: number[];
  readonly #layers: readonly number[];
  /** Images by label, then by class. */
  readonly #confusion: number[][];
  readonly #classes: number;

  /** @param cascades whether a layer's own class is that of the sum up to it */
  constructor(
    readonly plan: ClassifiedBy,
    readonly cascades = false,
  ) {
    const classes = classesOf(plan);
    this.#classes = classes;
    this.#confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    // The first layer always learns.
    const learners = trainedLayers(plan);
    this.#wrongByLayer = learners.map(() => 0);
    this.#layers = countedLayers(plan, learners);
  }

  /**
   * Takes images, each with a row for every label: all images under the first label, then all under the next.
   * @param scores of all rows, by layer that learns @param labels the true label of each image
   * @returns a judgement of each
   */
  add(scores: readonly Float32Array[], labels: Uint8Array): Judgement[] {
    this.#images += labels.length;
    return Array.from(labels, (truth, image) => {
      const row = (label: number): number => label * labels.length + image;
      const score = (label: number): number => {
        return this.#layers.reduce((total, layer) => total + (scores[layer]?.[row(label)] ?? 0), 0);
      };
      const predicted = highest(score, this.#classes);
      const counts = this.#confusion[truth] as number[];
      counts[predicted] = (counts[predicted] as number) + 1;
      const sums = new Float64Array(this.#classes);
      scores.forEach((ofLayer, layer) => {
        for (let label = 0; label < sums.length; label++) {
          sums[label] = (this.cascades ? (sums[label] as number) : 0) + (ofLayer[row(label)] as number);
        }
        const wrong = highest((label) => sums[label] as number, this.#classes) !== truth;
        this.#wrongByLayer[layer] = (this.#wrongByLayer[layer] ?? 0) + Number(wrong);
      });
      return { label: truth, predicted, margin: score(predicted) - score(truth) };
    });
  }

  /** Images by true label (rows) and by the class that scores name (columns). */
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
