import type { RunEvent, RunState } from '@layerline/api';
import { layerName } from '@layerline/plan';
import type { Display, ShownHead, ShownPlan } from './display.js';
import { evaluationLine, whole } from './format.js';
import type { Progress } from './training-rate.js';

/** One line per epoch and per evaluation, for files, pipes and CI. */
export class PlainDisplay implements Display {
  /** Where the current epoch began, or where this command joined it. */
  #since: Progress = { images: 0, trainSeconds: 0 };
  /** Whether it has been said that the run is paused. */
  #isPaused = false;

  constructor(
    readonly write: (line: string) => void,
    readonly plan: ShownPlan,
  ) {}

  open({ status: { images, trainSeconds, state } }: ShownHead): void {
    this.#since = { images, trainSeconds };
    this.#enter(state);
  }

  say(line: string): void {
    this.write(line);
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'state':
        return this.#enter(event.state);
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

  /** While a run is paused nothing else is said, as if it hung. */
  #enter(state: RunState): void {
    if (state === 'paused' && !this.#isPaused) this.write('Paused: layerline resume goes on with it');
    if (state === 'running' && this.#isPaused) this.write('Goes on');
    if (state === 'paused' || state === 'running') this.#isPaused = state === 'paused';
  }

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
