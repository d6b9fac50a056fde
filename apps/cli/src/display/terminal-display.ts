import { layerName } from '@layerline/plan';
import type { EvaluatorReport, LayerGoodness, Plan } from '@layerline/plan';
import type { StageTelemetry } from '@layerline/protocol';
import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import type { Display } from './display.js';
import { duration, evaluationLine, percent, progressBar, whole } from './format.js';

const REDRAW_INTERVAL_MS = 100;
/** Weight of the newest rate in the one that is shown. */
const SMOOTHING = 0.2;

/** A progress bar and a line for each layer, redrawn in place; lines that stay scroll by above them. */
export class TerminalDisplay implements Display {
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;
  readonly #telemetry = new Map<string, StageTelemetry>();
  #layers: readonly (LayerGoodness | null)[] = [];
  #epoch = 1;
  #images = 0;
  #rate = 0;
  #lastImages: { images: number; at: number } | undefined;
  #phase = 'Starting';

  constructor(
    stream: NodeJS.WriteStream,
    readonly plan: Plan,
  ) {
    this.#update = createLogUpdate(stream);
    this.#timer = setInterval(() => this.#draw(), REDRAW_INTERVAL_MS);
  }

  say(line: string): void {
    this.#update.clear();
    this.#update(line);
    this.#update.done();
    this.#draw();
  }

  started(): void {}

  began(): void {
    this.#phase = 'Training';
    this.#lastImages = undefined;
  }

  notice(sentence: string): void {
    this.#phase = 'Recovering';
    this.say(sentence);
  }

  report(report: EvaluatorReport): void {
    switch (report.type) {
      case 'progress':
        this.#epoch = report.epoch;
        return this.#progress(report.images);
      case 'training':
        this.#layers = report.layers;
        if (report.scope === 'epoch') this.#phase = 'Evaluating';
        return this.#progress(report.images);
      case 'evaluation':
        return this.say(evaluationLine(report));
      case 'snapshot':
        return;
      case 'end':
        this.#phase = 'Ending';
        return;
    }
  }

  telemetry(stage: string, telemetry: StageTelemetry): void {
    this.#telemetry.set(stage, telemetry);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#update.clear();
    this.#update.done();
  }

  #progress(images: number): void {
    const now = performance.now();
    const last = this.#lastImages;
    if (last !== undefined && images > last.images) {
      this.#phase = 'Training';
      const rate = ((images - last.images) / (now - last.at)) * 1000;
      this.#rate = this.#rate === 0 ? rate : this.#rate + SMOOTHING * (rate - this.#rate);
    }
    this.#images = images;
    this.#lastImages = { images, at: now };
  }

  #draw(): void {
    const { epochs, batch, batchesPerEpoch, layers } = this.plan;
    const total = epochs * batchesPerEpoch * batch;
    const share = this.#images / total;
    const left = this.#rate > 0 ? `, ${duration((total - this.#images) / this.#rate)} left` : '';
    const head = `${this.#phase.padEnd(10)} ${progressBar(share)}`;
    const rate = `epoch ${this.#epoch} of ${epochs}, ${whole(this.#rate)} images/s${left}`;
    this.#update([`${head}  ${rate}`, ...layers.map((_, index) => this.#layerLine(index))].join('\n'));
  }

  #layerLine(index: number): string {
    const name = layerName(index);
    const goodness = this.#layers[index];
    const program = this.plan.programs?.[name];
    const learned =
      goodness === undefined || goodness === null
        ? program === undefined
          ? 'no goodness yet'
          : `program ${program}`
        : `goodness ${pc.green(goodness.positive.toFixed(3))} positive, ${pc.red(goodness.negative.toFixed(3))} negative, ` +
          `${percent(goodness.separation, 1)} separated`;
    const telemetry = this.#telemetry.get(name);
    return `  ${name.padEnd(8)} ${learned}${telemetry === undefined ? '' : pc.dim(`  ${activity(telemetry)}`)}`;
  }
}

/** How busy a stage is, and what it waits for most. */
function activity({ interval, rows, busy, waitingForInput, waitingForCredit }: StageTelemetry): string {
  const share = (milliseconds: number): string => percent(milliseconds / interval, 0);
  const waits = waitingForInput >= waitingForCredit ? ['input', waitingForInput] : ['credit', waitingForCredit];
  const rate = whole((rows / interval) * 1000);
  return `${rate} rows/s, busy ${share(busy)}, waiting for ${waits[0]} ${share(waits[1] as number)}`;
}
