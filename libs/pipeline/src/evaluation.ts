import { classesOf, pictureSize } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { Classification } from './classification.js';
import { WrongImages } from './wrong-images.js';

/** An evaluation under way: the images that are held out come first, those of the test set after them. */
export class Evaluation {
  readonly startedAt = performance.now();
  /** Of the test set. */
  readonly classes: Classification;
  readonly wrong: WrongImages;
  /** Of the images that are held out; undefined where none are. */
  readonly held: Classification | undefined;
  #heldLeft: number;

  constructor(readonly plan: Pick<Plan, 'data' | 'classifyBy' | 'layers' | 'programs'>) {
    this.classes = new Classification(plan);
    this.wrong = new WrongImages(plan.data);
    this.#heldLeft = plan.data.validation;
    this.held = this.#heldLeft > 0 ? new Classification(plan) : undefined;
  }

  /** Takes the next images. @param goodness of all rows, by layer that learns @param pictures of the images */
  add(goodness: readonly Float32Array[], labels: Uint8Array, pictures: Uint8Array): void {
    const held = Math.min(this.#heldLeft, labels.length);
    this.#heldLeft -= held;
    if (held > 0) this.held?.add(this.#rowsOf(goodness, labels.length, 0, held), labels.subarray(0, held));
    if (held === labels.length) return;
    const tested = this.#rowsOf(goodness, labels.length, held, labels.length);
    const judged = this.classes.add(tested, labels.subarray(held));
    this.wrong.add(judged, pictures.subarray(held * pictureSize(this.plan)));
  }

  /** The goodness of some of the images: all of them under one label come before all under the next. */
  #rowsOf(goodness: readonly Float32Array[], images: number, from: number, to: number): readonly Float32Array[] {
    if (to - from === images) return goodness;
    const count = to - from;
    return goodness.map((ofLayer) => {
      return Float32Array.from({ length: count * classesOf(this.plan) }, (_, row) => {
        return ofLayer[Math.floor(row / count) * images + from + (row % count)] as number;
      });
    });
  }
}
