import { EventEmitter } from 'node:events';
import type { EvaluatorReport, LayerGoodness, Plan } from '@layerline/plan';
import type { StageTelemetry } from '@layerline/protocol';
import type { StageProcess } from '../generation.js';
import type { TrainResult } from '../record/result.js';
import type { RunListener } from '../run.js';

/** How a run has ended. */
export type RunEnd =
  { readonly result: TrainResult } | { readonly error: { readonly code: string; readonly message: string } };

/** What happens on a run, one object each, for those who follow it. */
export type RunEvent =
  | { readonly type: 'started'; readonly process: StageProcess }
  | { readonly type: 'began' }
  | { readonly type: 'report'; readonly report: EvaluatorReport }
  | { readonly type: 'telemetry'; readonly stage: string; readonly telemetry: StageTelemetry }
  | { readonly type: 'notice'; readonly sentence: string }
  | ({ readonly type: 'ended' } & RunEnd);

/** Notices that are kept for those who look later. */
const NOTICES_KEPT = 20;

/** Tells followers what happens on a run, and remembers where it stands. */
export class RunFeed implements RunListener {
  readonly #events = new EventEmitter<{ event: [RunEvent] }>();
  readonly #processes = new Map<string, StageProcess>();
  readonly #telemetry = new Map<string, StageTelemetry>();
  readonly #notices: { readonly at: string; readonly sentence: string }[] = [];
  #epoch = 0;
  #images = 0;
  #layers: readonly (LayerGoodness | null)[] = [];
  #testError: number | undefined;
  #end: RunEnd | undefined;

  constructor(readonly plan: Plan) {
    this.#events.setMaxListeners(0);
  }

  /** How it has ended, once it has. */
  get ended(): RunEnd | undefined {
    return this.#end;
  }

  /** Where the run stands, in plain JSON. */
  get standing() {
    return {
      epoch: this.#epoch,
      images: this.#images,
      layers: this.#layers,
      testError: this.#testError ?? null,
      processes: [...this.#processes.values()],
      telemetry: Object.fromEntries(this.#telemetry),
      notices: [...this.#notices],
    };
  }

  /** Tells `listener` all that happens from here on, until the function that comes back is called. */
  follow(listener: (event: RunEvent) => void): () => void {
    this.#events.on('event', listener);
    return () => this.#events.off('event', listener);
  }

  started(process: StageProcess): void {
    this.#processes.set(process.stage, process);
    this.#tell({ type: 'started', process });
  }

  began(): void {
    this.#tell({ type: 'began' });
  }

  report(report: EvaluatorReport): void {
    if (report.type === 'progress' || report.type === 'training') {
      this.#epoch = report.epoch;
      this.#images = report.images;
    }
    if (report.type === 'training') this.#layers = report.layers;
    if (report.type === 'evaluation') this.#testError = report.testError;
    this.#tell({ type: 'report', report });
  }

  telemetry(stage: string, telemetry: StageTelemetry): void {
    this.#telemetry.set(stage, telemetry);
    this.#tell({ type: 'telemetry', stage, telemetry });
  }

  notice(sentence: string): void {
    this.#notices.push({ at: new Date().toISOString(), sentence });
    if (this.#notices.length > NOTICES_KEPT) this.#notices.shift();
    this.#tell({ type: 'notice', sentence });
  }

  end(end: RunEnd): void {
    this.#end = end;
    this.#tell({ type: 'ended', ...end });
  }

  #tell(event: RunEvent): void {
    this.#events.emit('event', event);
  }
}
