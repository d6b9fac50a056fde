import { ratesBetween } from '@layerline/api';
import type { LayerGoodness, RunEvent, RunState, StageRates } from '@layerline/api';
import { isEvaluated, layerName } from '@layerline/plan';
import type { StageTelemetry } from '@layerline/protocol';
import type { Display, ShownHead, ShownPlan } from './display.js';
import { firstFitting } from './fitting.js';
import { BAR_WIDTHS, duration, evaluationLine, progressBar, whole } from './format.js';
import { layerLines } from './layer-lines.js';
import type { LayerView } from './layer-lines.js';
import { LiveLines } from './live-lines.js';
import type { Room } from './live-lines.js';
import type { Output } from './output.js';
import { printableLine } from './printable.js';
import { TrainingRate } from './training-rate.js';

const REDRAW_INTERVAL_MS = 250;
/** The rest is left to lines that scroll by. */
const SHARE_OF_WINDOW = 2 / 3;

const PHASES: Readonly<Record<RunState, string>> = {
  waiting: 'Waiting',
  starting: 'Starting',
  running: 'Training',
  paused: 'Paused',
  reshaping: 'Changing',
  recovering: 'Recovering',
  ended: 'Ended',
};

/** A progress bar and lines about layers, redrawn in place; permanent lines scroll by above them. */
export class TerminalDisplay implements Display {
  readonly #lines: LiveLines;
  readonly #rate = new TrainingRate();
  readonly #readings = new Map<string, StageTelemetry>();
  readonly #rates = new Map<string, StageRates>();
  #timer: NodeJS.Timeout | undefined;
  #layers: readonly (LayerGoodness | null)[] = [];
  #epoch = 1;
  #images = 0;
  #phase = PHASES.starting;
  /** Whether frames flow: only then do rates tell of anything. */
  #isRunning = false;

  constructor(
    output: Output,
    readonly plan: ShownPlan,
  ) {
    this.#lines = new LiveLines(output);
  }

  open({ status }: ShownHead): void {
    this.#enter(status.state);
    this.#layers = status.layers;
    this.#epoch = Math.max(1, status.epoch);
    this.#images = status.images;
    this.#timer ??= setInterval(() => this.#show(), REDRAW_INTERVAL_MS);
    this.#show();
  }

  say(line: string): void {
    this.#lines.say(line);
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'state':
        return this.#enter(event.state);
      case 'notice':
        return this.say(event.sentence);
      case 'snapshot-failed':
        return this.say(`no snapshot at step ${event.step}: ${event.stage}: ${event.message}`);
      case 'progress':
        return this.#progress(event);
      case 'training':
        this.#layers = event.layers;
        this.#progress(event);
        if (event.scope === 'epoch' && this.#phase === PHASES.running && isEvaluated(event.epoch, this.plan)) {
          this.#phase = 'Evaluating';
        }
        return;
      case 'evaluation':
        return this.say(evaluationLine(event));
      case 'end':
        this.#phase = 'Ending';
        return;
      case 'revised':
        this.#readings.clear();
        this.#rates.clear();
        return;
      case 'stage-started':
        this.#readings.delete(event.process.stage);
        this.#rates.delete(event.process.stage);
        return;
      case 'telemetry':
        return this.#measure(event.stage, event.telemetry);
      default:
        return;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#lines.close();
  }

  #enter(state: RunState): void {
    this.#phase = PHASES[state];
    this.#isRunning = state === 'running';
    // Those of a pause, or of a life that is over, are not to count.
    this.#rates.clear();
  }

  #progress(progress: Pick<Extract<RunEvent, { type: 'progress' }>, 'epoch' | 'images' | 'trainSeconds'>): void {
    if (this.#phase === 'Evaluating' && progress.images > this.#images) this.#phase = PHASES.running;
    this.#rate.add(progress);
    this.#epoch = progress.epoch;
    this.#images = progress.images;
  }

  #measure(stage: string, telemetry: StageTelemetry): void {
    const rates = ratesBetween(this.#readings.get(stage), telemetry);
    this.#readings.set(stage, telemetry);
    if (rates !== undefined && this.#isRunning) this.#rates.set(stage, rates);
  }

  #show(): void {
    this.#lines.show((room) => this.#draw(room));
  }

  #draw({ columns, rows }: Room): readonly string[] {
    const layers = this.plan.layers.map((_, index) => this.#viewOf(index));
    const own = Math.max(1, Math.ceil(rows * SHARE_OF_WINDOW));
    return [...firstFitting(this.#heads(), columns), ...layerLines(layers, { columns, rows: own - 1 })];
  }

  /**
   * The head for ever narrower windows: the bar becomes shorter before anything is left out, then the speed goes, then the time
   * left, the epoch last. The phase and the percentage stay.
   */
  #heads(): string[][] {
    const { epochs, batch, batchesPerEpoch } = this.plan;
    const total = epochs * batchesPerEpoch * batch;
    const epoch = `epoch ${this.#epoch} of ${epochs}`;
    const rate = this.#isRunning ? this.#rate.imagesPerSecond : undefined;
    const left = rate === undefined ? [] : [`${duration((total - this.#images) / rate)} left`];
    const speed = rate === undefined ? [] : [`${whole(rate)} images/s`];
    const texts = [[epoch, ...speed, ...left], [epoch, ...left], [epoch], []];
    return texts.flatMap((parts) => {
      const bars = BAR_WIDTHS.map((width) => progressBar(this.#images / total, width));
      return bars.map((bar) => [`${this.#phase.padEnd(10)} ${bar}  ${parts.join(', ')}`.trimEnd()]);
    });
  }

  #viewOf(index: number): LayerView {
    const name = layerName(index);
    const program = this.plan.programs?.[name];
    return {
      name,
      goodness: this.#layers[index] ?? undefined,
      instead: program === undefined ? 'no goodness yet' : `program ${printableLine(program)}`,
      rates: this.#busiest(name),
    };
  }

  /** The rates of a layer, or of the busiest of its shards, which holds up the others. */
  #busiest(layer: string): StageRates | undefined {
    const shards = [...this.#rates].filter(([stage]) => stage === layer || stage.startsWith(`${layer}/`));
    return shards.map(([, rates]) => rates).sort((a, b) => b.busy - a.busy)[0];
  }
}
