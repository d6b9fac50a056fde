import { layerName } from '@layerline/pipeline';
import type { EvaluatorReport, Plan } from '@layerline/pipeline';
import type { Display } from './display.js';
import { evaluationLine, whole } from './format.js';

/** One line for each epoch and evaluation, for files, pipes and CI. */
export class PlainDisplay implements Display {
  #began = performance.now();

  constructor(
    readonly write: (line: string) => void,
    readonly plan: Plan,
  ) {}

  say(line: string): void {
    this.write(line);
  }

  began(): void {
    this.#began = performance.now();
  }

  report(report: EvaluatorReport): void {
    if (report.type === 'evaluation') this.write(evaluationLine(report));
    if (report.type !== 'training' || report.scope !== 'epoch') return;
    const rate = report.images / ((performance.now() - this.#began) / 1000);
    const layers = report.layers.map(({ positive, negative, separation }, index) => {
      const goodness = `${positive.toPrecision(3)} / ${negative.toPrecision(3)}`;
      return `${layerName(index)} ${goodness} ${(100 * separation).toFixed(1)} %`;
    });
    const head = `Epoch ${report.epoch} of ${this.plan.epochs}, ${whole(rate)} images/s`;
    this.write(`${head}; goodness positive / negative, separated: ${layers.join('; ')}`);
  }

  telemetry(): void {}

  close(): void {}
}
