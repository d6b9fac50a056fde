import { JsonLines, openLog } from '@layerline/telemetry';
import type { RunFolder } from '@layerline/checkpoint';
import { RunFolderError } from '@layerline/checkpoint';
import type { EvaluatorReport } from '@layerline/pipeline';
import type { StageTelemetry } from '@layerline/protocol';
import type { StageProcess, TrainingListener } from './training.js';

/** Writes a training down in its folder, and remembers what its result needs. */
export class Recorder implements TrainingListener {
  readonly #log;
  readonly #metrics: JsonLines;
  readonly #stages = new Map<string, { process: StageProcess; peakMemoryBytes: number | null }>();
  evaluation: Extract<EvaluatorReport, { type: 'evaluation' }> | undefined;
  end: Extract<EvaluatorReport, { type: 'end' }> | undefined;

  /** @param failed told when the folder cannot be written any more */
  constructor(
    readonly folder: RunFolder,
    readonly failed: (error: Error) => void,
  ) {
    this.#log = openLog(folder.log);
    this.#metrics = new JsonLines(folder.metrics);
  }

  get stages(): (StageProcess & { peakMemoryBytes: number | null })[] {
    return Array.from(this.#stages.values(), ({ process, peakMemoryBytes }) => ({ ...process, peakMemoryBytes }));
  }

  started(process: StageProcess): void {
    this.#stages.set(process.stage, { process, peakMemoryBytes: null });
    this.#write(() => this.#log.info(process, 'started'));
  }

  began(): void {
    this.#write(() => this.#log.info('frames flow'));
  }

  report(report: EvaluatorReport): void {
    if (report.type === 'progress') return;
    if (report.type === 'evaluation') this.evaluation = report;
    if (report.type === 'end') this.end = report;
    this.#write(() => this.#metrics.write(report));
  }

  telemetry(stage: string, telemetry: StageTelemetry): void {
    const record = this.#stages.get(stage);
    if (record !== undefined) record.peakMemoryBytes = telemetry.peakMemory;
    this.#write(() => this.#log.debug({ stage, ...telemetry }, 'telemetry'));
  }

  line(stage: string, line: string): void {
    this.#write(() => this.#log.info({ stage }, line));
  }

  /** Notes something about the run itself. */
  note(message: string): void {
    this.#write(() => this.#log.info(message));
  }

  close(): void {
    this.#metrics.close();
  }

  #write(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.failed(new RunFolderError(this.folder.path, error as NodeJS.ErrnoException));
    }
  }
}
