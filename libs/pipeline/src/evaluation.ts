import { classesOf, hasReadouts, pictureSize, scoredLabels } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { Classification } from './classification.js';
import type { ClassifiedBy } from './classification.js';
import { byClass } from './scores.js';
import { WrongImages } from './wrong-images.js';

/** What of a plan says how images are judged. */
export type JudgedBy = ClassifiedBy & Pick<Plan, 'readout' | 'labels' | 'onePass'>;

/** What layers make of images, by layer that learns. */
export interface Judged {
  /** Of the rows under each label, all images under one first; rows without a label may follow. */
  readonly goodness: readonly Float32Array[];
  /** Of the rows without a label, [images, classes]; empty without readouts. */
  readonly logits: readonly Float32Array[];
}

/** The scores that images are classified by, by layer that learns: all images under the first class, then under the next. */
export function scoresOf(plan: JudgedBy, { goodness, logits }: Judged, images: number): readonly Float32Array[] {
  return hasReadouts(plan) ? logits.map((ofLayer) => byClass(ofLayer, images)) : goodness;
}

/** An evaluation under way: the images that are held out come first, those of the test set after them. */
export class Evaluation {
  readonly startedAt = performance.now();
  /** On the test set. */
  readonly classes: Classification;
  /** On the images that are held out; undefined where none are. */
  readonly held: Classification | undefined;
  readonly wrong: WrongImages;
  /** By goodness, where readouts judge and goodness can, too: on the test set. */
  readonly byGoodness: Classification | undefined;
  #heldLeft: number;

  constructor(readonly plan: JudgedBy) {
    this.wrong = new WrongImages(plan.data);
    this.#heldLeft = plan.data.validation;
    const cascades = plan.readout === 'cascade';
    this.classes = new Classification(plan, cascades);
    this.held = this.#heldLeft > 0 ? new Classification(plan, cascades) : undefined;
    if (hasReadouts(plan) && scoredLabels(plan) > 0) this.byGoodness = new Classification(plan);
  }

  /** Takes the next images. @param pictures of the images */
  add(judged: Judged, labels: Uint8Array, pictures: Uint8Array): void {
    const held = Math.min(this.#heldLeft, labels.length);
    this.#heldLeft -= held;
    const scores = scoresOf(this.plan, judged, labels.length);
    if (held > 0) this.held?.add(this.#rowsOf(scores, labels.length, 0, held), labels.subarray(0, held));
    const judgements = this.#addTested(this.classes, scores, labels, held);
    if (this.byGoodness !== undefined) this.#addTested(this.byGoodness, judged.goodness, labels, held);
    this.wrong.add(judgements, pictures.subarray(held * pictureSize(this.plan)));
  }

  /** @param held so many of the images are held out @returns a judgement of each of the others */
  #addTested(
    classes: Classification,
    scores: readonly Float32Array[],
    labels: Uint8Array,
    held: number,
  ): ReturnType<Classification['add']> {
    if (held === labels.length) return [];
    return classes.add(this.#rowsOf(scores, labels.length, held, labels.length), labels.subarray(held));
  }

  /** The scores of some of the images. */
  #rowsOf(scores: readonly Float32Array[], images: number, from: number, to: number): readonly Float32Array[] {
    if (to - from === images) return scores;
    const count = to - from;
    return scores.map((ofLayer) => {
      return Float32Array.from({ length: count * classesOf(this.plan) }, (_, row) => {
        return ofLayer[Math.floor(row / count) * images + from + (row % count)] as number;
      });
    });
  }
}
