import type { EvaluatorReport } from '@layerline/api';
import { isObserved, layerName, positionAt, totalSteps } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { ProtocolError } from '@layerline/protocol';
import type { LookRequest } from '@layerline/protocol';

/**
 * Checks the evaluator's reports during one life of a run against the plan: a report is believed only if the plan can have
 * brought the run there, and the run counts as complete only once all of its batches have been trained on.
 */
export class ReportCheck {
  /** Reported position, in training batches since the run began. */
  #step: number;
  /** Whether an operator has asked for an early end. */
  #mayStop = false;
  /** The images of the looks that have been asked for, by their numbers. */
  readonly #looks = new Map<number, number>();

  /** @param step training batches that this life goes on from */
  constructor(
    readonly plan: Plan,
    step: number,
  ) {
    this.#step = step;
  }

  /** From now on the stream may end early. */
  allowStop(): void {
    this.#mayStop = true;
  }

  /** From now on this look may come. */
  allowLook({ id, image }: LookRequest): void {
    this.#looks.set(id, image);
  }

  /** @throws ProtocolError if a report cannot be true */
  check(report: EvaluatorReport): void {
    switch (report.type) {
      case 'progress':
        return this.#advance(report);
      case 'training':
        this.#checkLayers(report.layers);
        return this.#advance(report);
      case 'evaluation':
        this.#checkLayers(report.perLayerError);
        if (report.byGoodness !== undefined) this.#checkLayers(report.byGoodness.perLayerError);
        return this.#expect(
          report.step === this.#step && report.epoch === positionAt(this.#step, this.plan).epoch,
          `an evaluation of epoch ${report.epoch}, step ${report.step}`,
        );
      case 'observation':
        this.#checkLayers(report.layers);
        return this.#observed(report);
      case 'snapshot':
        return this.#expect(
          report.step >= this.#step && report.step <= totalSteps(this.plan),
          `a snapshot of step ${report.step}`,
        );
      case 'looked':
        return this.#looked(report);
      case 'end':
        return this.#checkEnd(report);
    }
  }

  #advance({ epoch, images }: { readonly epoch: number; readonly images: number }): void {
    const { batch } = this.plan;
    const step = images / batch;
    const isPlace = Number.isInteger(step) && step >= this.#step && step <= totalSteps(this.plan);
    this.#expect(isPlace && positionAt(step, this.plan).epoch === epoch, `${images} images in epoch ${epoch}`);
    this.#step = step;
  }

  /** Rows before the barrier may not have been reported yet. */
  #observed({ step, epoch }: Extract<EvaluatorReport, { type: 'observation' }>): void {
    const { batches } = positionAt(step, this.plan);
    const isDue = step > 0 && isObserved(batches, this.plan) && positionAt(step, this.plan).epoch === epoch;
    this.#expect(
      isDue && step >= this.#step && step <= totalSteps(this.plan),
      `an observation of step ${step} in epoch ${epoch}`,
    );
    this.#step = step;
  }

  /** It has been stored meanwhile: later batches may have been reported before it. */
  #looked({ look, image, step }: Extract<EvaluatorReport, { type: 'looked' }>): void {
    const isAsked = this.#looks.get(look) === image && this.#looks.delete(look);
    this.#expect(
      isAsked && step > 0 && step <= totalSteps(this.plan),
      `look ${look} at image ${image} after step ${step}`,
    );
  }

  #checkEnd({ outcome, images, epochs }: Extract<EvaluatorReport, { type: 'end' }>): void {
    const { batch, batchesPerEpoch } = this.plan;
    const step = images / batch;
    const isDone = outcome === 'completed' ? step === totalSteps(this.plan) : this.#mayStop;
    const isTrue = step >= this.#step && epochs === Math.floor(step / batchesPerEpoch);
    this.#expect(isDone && isTrue, `the end of a run that is ${outcome} after ${images} images and ${epochs} epochs`);
  }

  /** A layer has a figure if it learns, and null if a node's own program stands in for it. */
  #checkLayers(figures: readonly unknown[]): void {
    const { layers, programs = {} } = this.plan;
    const fits = layers.every((_, index) => (figures[index] === null) === layerName(index) in programs);
    this.#expect(figures.length === layers.length && fits, `figures of ${figures.length} layers`);
  }

  #expect(holds: boolean, what: string): void {
    if (holds) return;
    const { epochs, batchesPerEpoch, batch, layers } = this.plan;
    throw new ProtocolError(
      `it reports ${what}, which cannot be after step ${this.#step} of a plan of ${epochs} epochs, ${batchesPerEpoch} batches of ` +
        `${batch} images each, and ${layers.length} layers`,
    );
  }
}
