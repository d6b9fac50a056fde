import { layerName } from '@layerline/plan';
import type { EvaluatorReport, Plan } from '@layerline/plan';
import type { Display } from './display.js';
import { evaluationLine, whole } from './format.js';

/** One line for each epoch and evaluation, for files, pipes and CI. */
export class PlainDisplay implements Display {
  /** When training began or went on after an evaluation, and the images seen by then. */
  #since = { time: performance.now(), images: 0 };

  constructor(
    readonly write: (line: string) => void,
    readonly plan: Plan,
  ) {}

  say(line: string): void {
    this.write(line);
  }

  /** After a failure, the images since the snapshot are seen once more. */
  began(): void {
    this.#since.time = performance.now();
  }

  report(report: EvaluatorReport): void {
    if (report.type === 'evaluation') {
      this.write(evaluationLine(report));
      this.#since.time = performance.now();
    }
    if (report.type !== 'training' || report.scope !== 'epoch') return;
    const now = performance.now();
    const rate = ((report.images - this.#since.images) / (now - this.#since.time)) * 1000;
    this.#since = { time: now, images: report.images };
    const layers = report.layers.flatMap((layer, index) => {
      if (layer === null) return [];
      const { positive, negative, separation } = layer;
      const goodness = `${positive.toPrecision(3)} / ${negative.toPrecision(3)}`;
      return `${layerName(index)} ${goodness} ${(100 * separation).toFixed(1)} %`;
    });
    const head = `Epoch ${report.epoch} of ${this.plan.epochs}, ${whole(rate)} images/s`;
    this.write(`${head}; goodness positive / negative, separated: ${layers.join('; ')}`);
  }

  started(): void {}

  telemetry(): void {}

  notice(sentence: string): void {
    this.write(sentence);
  }

  close(): void {}
}
