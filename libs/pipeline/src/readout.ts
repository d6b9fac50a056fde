import { learningRateAt, readoutOptimizer, StepCounter } from '@layerline/forward-forward';
import type { LayerSpec, Progress, UnitRange } from '@layerline/forward-forward';
import type { Plan } from '@layerline/plan';
import type { Rows } from '@layerline/protocol';
import type { Carried } from './carried-blocks.js';
import { dropoutMask } from './dropout.js';
import type { ReadoutLesson } from './forward.js';
import { keyFor } from './randomness.js';
import { sumOf } from './scores.js';

/** What a layer's readout learns from in each training batch; nothing where it has none. */
export class Readout {
  readonly #steps: StepCounter | undefined;

  /** @param index of the layer, from 0 @param range of its units @param step training batches that it has learned from */
  constructor(
    readonly plan: Plan,
    readonly index: number,
    readonly spec: LayerSpec,
    readonly range: UnitRange,
    step: number,
  ) {
    const { readout } = spec;
    if (readout !== undefined) this.#steps = new StepCounter(readoutOptimizer(readout), step);
  }

  /** Of its dropout, for a training batch; undefined without it. */
  mask(rows: Rows): Float32Array | undefined {
    const { dropout = 0 } = this.spec.readout ?? {};
    if (dropout === 0) return undefined;
    return dropoutMask(
      keyFor(this.plan.seed, 'readoutDropout', this.index),
      rows,
      this.plan.batch,
      this.range,
      dropout,
      1,
    );
  }

  /** The next lesson. @param carried what the rows bring: labels, and the logits of the layers before */
  lesson({ labels, logits }: Carried, progress: Progress): ReadoutLesson | undefined {
    const { schedule, readout } = this.spec;
    if (readout === undefined || this.#steps === undefined) return undefined;
    const { classes, learningRate, cascades } = readout;
    const targets = new Float32Array(labels.length * classes);
    for (const [row, label] of labels.entries()) targets[row * classes + label] = 1;
    return {
      scalars: this.#steps.next(learningRateAt(learningRate, schedule, progress)),
      targets,
      before: cascades ? sumOf(logits, targets.length) : undefined,
    };
  }
}
