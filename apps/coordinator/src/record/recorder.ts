import { readFileSync } from 'node:fs';
import { RunFolderError } from '@layerline/checkpoint';
import type { RunFolder } from '@layerline/checkpoint';
import { evaluatorReport } from '@layerline/plan';
import type { EvaluatorReport } from '@layerline/plan';
import type { StageTelemetry } from '@layerline/protocol';
import { JsonLines, openLog } from '@layerline/telemetry';
import type { StageProcess } from '../generation.js';
import type { StageSummary } from './result.js';

const MILLISECONDS = 1000;

/** What a stage tells of itself, without its process. */
type Figures = Omit<StageSummary, keyof StageProcess>;

const NOTHING_YET: Figures = {
  peakMemoryBytes: null,
  seconds: null,
  cpuSeconds: null,
  framesSent: null,
  bytesSent: null,
};

/** Writes a training down in its folder, and remembers what its result needs. */
export class Recorder {
  readonly #log;
  readonly #metrics: JsonLines;
  readonly #stages = new Map<string, StageSummary>();
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

  get stages(): StageSummary[] {
    return [...this.#stages.values()];
  }

  started(process: StageProcess): void {
    this.#stages.set(process.stage, { ...process, ...NOTHING_YET });
    this.#write(() => this.#log.info(process, 'started'));
  }

  report(report: EvaluatorReport): void {
    if (report.type === 'progress' || report.type === 'snapshot') return;
    if (report.type === 'evaluation') this.evaluation = report;
    if (report.type === 'end') this.end = report;
    this.#write(() => this.#metrics.write(report));
  }

  telemetry(stage: string, telemetry: StageTelemetry): void {
    const summary = this.#stages.get(stage);
    if (summary !== undefined) this.#stages.set(stage, { ...summary, ...added(summary, telemetry) });
  }

  line(stage: string, line: string): void {
    this.#write(() => this.#log.info({ stage }, line));
  }

  /** Notes something about the run itself. */
  note(message: string): void {
    this.#write(() => this.#log.info(message));
  }

  /** Waits until all metrics so far are on the disk. @returns their number of lines */
  syncedLines(): number {
    this.#metrics.sync();
    return this.#metrics.lines;
  }

  /** Takes the metrics back to their first `lines` lines: what follows will be reported again. */
  rewind(lines: number): void {
    this.end = undefined;
    this.#write(() => {
      this.#metrics.cut(lines);
      this.evaluation = lastEvaluation(this.folder.metrics);
    });
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

function lastEvaluation(metrics: string): Recorder['evaluation'] {
  const lines = readFileSync(metrics, 'utf8').split('\n').slice(0, -1);
  const reports = lines.map((line) => evaluatorReport.safeParse(JSON.parse(line)).data);
  return reports.findLast((report) => report?.type === 'evaluation');
}

/** A stage's figures with a further stretch of its time. */
function added({ seconds, cpuSeconds }: StageSummary, telemetry: StageTelemetry): Figures {
  const { busy, waitingForInput, waitingForCredit, serializing, cpu, peakMemory, framesSent, bytesSent } = telemetry;
  return {
    peakMemoryBytes: peakMemory,
    seconds: {
      busy: (seconds?.busy ?? 0) + busy / MILLISECONDS,
      waitingForInput: (seconds?.waitingForInput ?? 0) + waitingForInput / MILLISECONDS,
      waitingForCredit: (seconds?.waitingForCredit ?? 0) + waitingForCredit / MILLISECONDS,
      serializing: (seconds?.serializing ?? 0) + serializing / MILLISECONDS,
    },
    cpuSeconds: (cpuSeconds ?? 0) + cpu / MILLISECONDS,
    framesSent,
    bytesSent,
  };
}
