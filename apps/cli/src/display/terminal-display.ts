import { ratesBetween } from '@layerline/api';
import type { LayerGoodness, RunEvent, RunHead, RunState, StageRates } from '@layerline/api';
import { layerName } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { StageTelemetry } from '@layerline/protocol';
import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import type { Display } from './display.js';
import { duration, evaluationLine, percent, progressBar, whole } from './format.js';
import { printable, printableLine } from './printable.js';
import { TrainingRate } from './training-rate.js';

const REDRAW_INTERVAL_MS = 100;

const PHASES: Readonly<Record<RunState, string>> = {
  waiting: 'Waiting',
  starting: 'Starting',
  running: 'Training',
  paused: 'Paused',
  reshaping: 'Changing',
  recovering: 'Recovering',
  ended: 'Ended',
};

/** A progress bar and a line per layer, redrawn in place; permanent lines scroll by above them. */
export class TerminalDisplay implements Display {
  readonly #update: ReturnType<typeof createLogUpdate>;
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
    stream: NodeJS.WriteStream,
    readonly plan: Plan,
  ) {
    this.#update = createLogUpdate(stream);
  }

  open({ status }: RunHead): void {
    this.#enter(status.state);
    this.#layers = status.layers;
    this.#epoch = Math.max(1, status.epoch);
    this.#images = status.images;
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_INTERVAL_MS);
  }

  say(line: string): void {
    this.#update.clear();
    this.#update(printable(line));
    this.#update.done();
    this.#draw();
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
        if (event.scope === 'epoch') this.#phase = 'Evaluating';
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
    this.#update.clear();
    this.#update.done();
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

  #draw(): void {
    const { epochs, batch, batchesPerEpoch, layers } = this.plan;
    const total = epochs * batchesPerEpoch * batch;
    const rate = this.#isRunning ? this.#rate.imagesPerSecond : undefined;
    const speed =
      rate === undefined ? '' : `, ${whole(rate)} images/s, ${duration((total - this.#images) / rate)} left`;
    const head = `${this.#phase.padEnd(10)} ${progressBar(this.#images / total)}`;
    const lines = layers.map((_, index) => this.#layerLine(index));
    this.#update([`${head}  epoch ${this.#epoch} of ${epochs}${speed}`, ...lines].join('\n'));
  }

  /** The rates of a layer, or of the busiest of its shards, which holds up the others. */
  #busiest(layer: string): StageRates | undefined {
    const shards = [...this.#rates].filter(([stage]) => stage === layer || stage.startsWith(`${layer}/`));
    return shards.map(([, rates]) => rates).sort((a, b) => b.busy - a.busy)[0];
  }

  #layerLine(index: number): string {
    const name = layerName(index);
    const goodness = this.#layers[index];
    const program = this.plan.programs?.[name];
    const learned =
      goodness === undefined || goodness === null
        ? program === undefined
          ? 'no goodness yet'
          : `program ${printableLine(program)}`
        : `goodness ${pc.green(goodness.positive.toFixed(3))} positive, ${pc.red(goodness.negative.toFixed(3))} negative, ` +
          `${percent(goodness.separation, 1)} separated`;
    const rates = this.#busiest(name);
    return `  ${name.padEnd(8)} ${learned}${rates === undefined ? '' : pc.dim(`  ${activity(rates)}`)}`;
  }
}

/** How busy a stage is, and what it mostly waits for. */
function activity({ busy, waitingForInput, waitingForCredit, rowsPerSecond }: StageRates): string {
  const [what, share] =
    waitingForInput >= waitingForCredit
      ? (['input', waitingForInput] as const)
      : (['credit', waitingForCredit] as const);
  return `${whole(rowsPerSecond)} rows/s, busy ${percent(busy, 0)}, waiting for ${what} ${percent(share, 0)}`;
}
