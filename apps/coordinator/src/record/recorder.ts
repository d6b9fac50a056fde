import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDurable, isHistory } from '@layerline/api';
import type {
  DurableEvent,
  EndReport,
  EvaluationReport,
  RunEvent,
  RunState,
  StageProcess,
  StageSummary,
} from '@layerline/api';
import { RunFolderError } from '@layerline/checkpoint';
import type { RunFolder } from '@layerline/checkpoint';
import type { Plan } from '@layerline/plan';
import type { StageTelemetry } from '@layerline/protocol';
import { JsonLines, openLog } from '@layerline/telemetry';
import type { Logger } from '@layerline/telemetry';
import type { LastReports } from '../events/standing.js';
import { History } from './history.js';
import { keptEvents } from './kept-events.js';
import type { Extent } from './kept-events.js';
import { MetricsIndex } from './metrics-index.js';

const MILLISECONDS = 1000;

/** The figures that a stage reports, without its process. */
type Figures = Omit<StageSummary, keyof StageProcess>;

const NOTHING_YET: Figures = {
  peakMemoryBytes: null,
  seconds: null,
  cpuSeconds: null,
  framesSent: null,
  bytesSent: null,
};

/** Records a run in its folder, and remembers what its result needs. */
export class Recorder {
  readonly #log: Logger;
  readonly #stages = new Map<string, StageSummary>();
  /** Of the readers of the metrics at the moment. */
  readonly #extents = new Set<Extent>();
  #state: RunState = 'waiting';
  evaluation: EvaluationReport | undefined;
  end: EndReport | undefined;
  /** Called when the folder can no longer be written. */
  failed: (error: Error) => void = (error) => {
    throw error;
  };

  private constructor(
    readonly folder: RunFolder,
    readonly metrics: JsonLines,
    readonly index: MetricsIndex,
    readonly history: History,
  ) {
    this.#log = openLog(folder.log);
  }

  /** Goes on with what the folder has already. @throws the file system's error */
  static async open(folder: RunFolder, plan: Plan): Promise<Recorder> {
    const index = new MetricsIndex(folder.metrics, plan, Date.parse(folder.startedAt));
    const metrics = await JsonLines.open(folder.metrics, { visit: (event, offset) => index.add(event, offset) });
    const recorder = new Recorder(folder, metrics, index, await History.open(folder.history));
    const { dropped } = metrics;
    if (dropped > 0) recorder.note(`metrics.jsonl was damaged: its last ${dropped} lines are left out`);
    return recorder;
  }

  get stages(): StageSummary[] {
    return [...this.#stages.values()];
  }

  /** Records what is to be kept of an event, and remembers what the result needs. */
  handle(event: RunEvent): void {
    if (isDurable(event)) this.#keep(event);
    if (isHistory(event)) this.#write(() => this.history.add(event));
    switch (event.type) {
      case 'stage-started':
        this.#stages.set(event.process.stage, { ...event.process, ...NOTHING_YET });
        return this.#write(() => this.#log.info(event.process, 'started'));
      case 'revised':
        // Those that follow are other ones.
        return this.#stages.clear();
      case 'telemetry':
        return this.#measure(event.stage, event.telemetry);
      case 'log':
        return this.#write(() => this.#log.info({ stage: event.stage }, event.line));
      case 'notice':
        return this.note(event.sentence);
      case 'snapshot-failed':
        return this.note(`no snapshot at step ${event.step}: ${event.stage}: ${event.message}`);
      case 'state':
        if (event.state === 'running' && this.#state !== 'paused') this.note('frames flow');
        this.#state = event.state;
        return;
      default:
        return;
    }
  }

  /** The events kept so far, after the one with id `after` and up to and including `upTo`. */
  async *eventsBetween(after: string, upTo: string): AsyncGenerator<DurableEvent> {
    const extent = { bytes: statSync(this.folder.metrics).size };
    this.#extents.add(extent);
    try {
      yield* keptEvents(this.folder.metrics, extent, after, upTo);
    } finally {
      this.#extents.delete(extent);
    }
  }

  /** Logs something about the run itself. */
  note(message: string): void {
    this.#write(() => this.#log.info(message));
  }

  /** Flushes all metrics so far to disk. @returns how many lines they are */
  syncedLines(): number {
    this.metrics.sync();
    return this.metrics.lines;
  }

  /** Moves the metrics so far to a file of their own, and starts over. @returns its name @throws the file system's error */
  async setAside(): Promise<string> {
    const names = await readdir(this.folder.path);
    let number = 1;
    while (names.includes(`metrics.${number}.jsonl`)) number++;
    const name = `metrics.${number}.jsonl`;
    this.metrics.moveTo(join(this.folder.path, name));
    this.index.cut(0);
    return name;
  }

  /** Truncates the metrics to their first `lines` lines: what follows will be reported again. @returns what is left */
  async rewind(lines: number): Promise<LastReports> {
    this.end = undefined;
    this.#write(() => {
      const left = this.metrics.cut(lines);
      if (left < lines) this.note(`metrics.jsonl has lost ${lines - left} of the ${lines} lines before the snapshot`);
      const { size } = statSync(this.folder.metrics);
      for (const extent of this.#extents) extent.bytes = Math.min(extent.bytes, size);
      this.index.cut(size);
    });
    try {
      const training = await this.index.lastTraining();
      this.evaluation = await this.index.lastEvaluation();
      return { training, evaluation: this.evaluation };
    } catch (error) {
      this.#fail(error as Error);
      return { training: undefined, evaluation: undefined };
    }
  }

  close(): void {
    this.metrics.close();
    this.index.close();
    this.history.close();
  }

  /** Keeps an event as a line of metrics.jsonl. */
  #keep(event: DurableEvent): void {
    if (event.type === 'evaluation') this.evaluation = event;
    if (event.type === 'end') this.end = event;
    this.#write(() => this.index.add(event, this.metrics.write(event)));
  }

  #measure(stage: string, telemetry: StageTelemetry): void {
    const known = this.#stages.get(stage);
    if (known !== undefined) this.#stages.set(stage, { ...known, ...figuresOf(telemetry) });
  }

  #write(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.failed(new RunFolderError(this.folder.path, error));
  }
}

function figuresOf(telemetry: StageTelemetry): Figures {
  const { busy, waitingForInput, waitingForCredit, serializing, cpu, peakMemory, framesSent, bytesSent } = telemetry;
  return {
    peakMemoryBytes: peakMemory,
    seconds: {
      busy: busy / MILLISECONDS,
      waitingForInput: waitingForInput / MILLISECONDS,
      waitingForCredit: waitingForCredit / MILLISECONDS,
      serializing: serializing / MILLISECONDS,
    },
    cpuSeconds: cpu / MILLISECONDS,
    framesSent,
    bytesSent,
  };
}
