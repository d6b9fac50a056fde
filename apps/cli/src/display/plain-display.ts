import type { RunEvent } from '@layerline/api';
import { layerName } from '@layerline/plan';
import type { Display, ShownHead, ShownPlan } from './display.js';
import { evaluationLine, whole } from './format.js';
import type { Progress } from './training-rate.js';

/** One line per epoch and per evaluation, for files, pipes and CI. */
export class PlainDisplay implements Display {
  /** Where the current epoch began, or where this command joined it. */
  #since: Progress = { images: 0, trainSeconds: 0 };

  constructor(
    readonly write: (line: string) => void,
    readonly plan: ShownPlan,
  ) {}

  open({ status: { images, trainSeconds } }: ShownHead): void {
    this.#since = { images, trainSeconds };
  }

  say(line: string): void {
    this.write(line);
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'evaluation':
        return this.write(evaluationLine(event));
      case 'notice':
        return this.write(event.sentence);
      case 'snapshot-failed':
        return this.write(`no snapshot at step ${event.step}: ${event.stage}: ${event.message}`);
      case 'training':
        if (event.scope === 'epoch') this.#epoch(event);
        return;
      default:
        return;
    }
  }

  close(): void {}

  #epoch({ epoch, images, trainSeconds, layers }: Extract<RunEvent, { type: 'training' }>): void {
    const seconds = trainSeconds - this.#since.trainSeconds;
    const rate = seconds > 0 ? `, ${whole((images - this.#since.images) / seconds)} images/s` : '';
    this.#since = { images, trainSeconds };
    const goodness = layers.flatMap((layer, index) => {
      if (layer === null) return [];
      const { positive, negative, separation } = layer;
      const figures = `${positive.toPrecision(3)} / ${negative.toPrecision(3)}`;
      return `${layerName(index)} ${figures} ${(100 * separation).toFixed(1)} %`;
    });
    const head = `Epoch ${epoch} of ${this.plan.epochs}${rate}`;
    this.write(`${head}; goodness positive / negative, separated: ${goodness.join('; ')}`);
  }
}
