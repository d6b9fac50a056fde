import { ratesOver } from '@layerline/api';
import type {
  EvaluationReport,
  LayerGoodness,
  Notice,
  RunEnd,
  RunEvent,
  RunState,
  RunStatus,
  StageProcess,
  TelemetrySpan,
  Topology,
  TrainingReport,
} from '@layerline/api';
import type { RunJournal } from '@layerline/checkpoint';
import { positionAt, shardCount } from '@layerline/plan';
import type { Plan, RunConfig } from '@layerline/plan';
import type { StageTelemetry } from '@layerline/protocol';

/** Notices kept for those who look later. */
const NOTICES_KEPT = 20;
/** Rates are worked out over at least this long, so that one busy batch does not make a stage look busy. */
const SPAN_MS = 2_000;

/** The last that the evaluator has said of each, as far as the run's record goes. */
export interface LastReports {
  readonly training: TrainingReport | undefined;
  readonly evaluation: EvaluationReport | undefined;
}

/** What a stage has said of itself lately. */
interface Heard {
  /** Oldest first, reaching back {@link SPAN_MS}; at least one. */
  readonly readings: readonly StageTelemetry[];
  /** When the newest came, by the monotonic clock, in milliseconds. */
  readonly at: number;
}

/** Where a run stands now, as its events add up. */
export class Standing {
  readonly #processes = new Map<string, StageProcess>();
  readonly #heard = new Map<string, Heard>();
  #isRunning = false;
  readonly #notices: Notice[] = [];
  #testError: number | null = null;
  #epoch = 0;
  #images = 0;
  #trainSeconds = 0;
  #layers: readonly (LayerGoodness | null)[] = [];
  #end: RunEnd | undefined;

  constructor(readonly plan: Plan) {}

  /** As plain JSON. @param now by the monotonic clock, in milliseconds */
  read(now = performance.now()) {
    const telemetry = Object.fromEntries(Array.from(this.#heard, ([stage, heard]) => [stage, spanOf(heard, now)]));
    return {
      end: this.#end ?? null,
      epoch: this.#epoch,
      images: this.#images,
      trainSeconds: this.#trainSeconds,
      layers: [...this.#layers],
      testError: this.#testError,
      processes: [...this.#processes.values()],
      telemetry,
      bottleneck: this.#isRunning ? (busiest(telemetry) ?? null) : null,
      notices: [...this.#notices],
    };
  }

  /** A life begins: what the one before has learned beyond these reports is withdrawn. */
  goOnFrom({ training, evaluation }: LastReports): void {
    this.#layers = training?.layers ?? [];
    this.#testError = evaluation?.testError ?? null;
    this.#trainSeconds = Math.max(training?.trainSeconds ?? 0, evaluation?.trainSeconds ?? 0);
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'state':
        return this.#enter(event.state);
      case 'stage-started':
        this.#processes.set(event.process.stage, event.process);
        this.#heard.delete(event.process.stage);
        return;
      case 'training':
        this.#layers = event.layers;
        return this.#reach(event);
      case 'progress':
        return this.#reach(event);
      case 'end':
        return this.#reach({ ...event, epoch: this.#epoch });
      case 'evaluation':
        this.#testError = event.testError;
        return;
      case 'rewound':
        return this.#rewind(event.step);
      case 'telemetry':
        return this.#measure(event.stage, event.telemetry);
      case 'notice':
        return this.#notice(noticeOf(event));
      case 'snapshot-failed':
        return this.#notice({
          at: event.at,
          sentence: `no snapshot at step ${event.step}: ${event.stage}: ${event.message}`,
        });
      case 'operation':
        return this.#operate(event);
      case 'ended':
        this.#end = event.end;
        this.#isRunning = false;
        return;
      default:
        return;
    }
  }

  #enter(state: RunState): void {
    this.#isRunning = state === 'running';
    if (state === 'recovering' || state === 'reshaping') {
      // The life has ended, and its processes with it.
      this.#processes.clear();
      this.#heard.clear();
    }
    // Rates over a pause and what comes after it would tell of neither: they are worked out from here on.
    if (state === 'running') {
      for (const [stage, { readings, at }] of this.#heard) {
        const newest = readings.slice(-1);
        this.#heard.set(stage, { readings: [...newest, ...newest], at });
      }
    }
  }

  #reach({
    epoch,
    images,
    trainSeconds,
  }: Pick<Extract<RunEvent, { type: 'progress' }>, 'epoch' | 'images' | 'trainSeconds'>): void {
    this.#epoch = epoch;
    this.#images = images;
    this.#trainSeconds = trainSeconds;
  }

  #notice(notice: Notice): void {
    this.#notices.push(notice);
    if (this.#notices.length > NOTICES_KEPT) this.#notices.shift();
  }

  /** What came to nothing is something to know of; what is under way has a place of its own. */
  #operate({ at, operation: { id, state, detail } }: Extract<RunEvent, { type: 'operation' }>): void {
    if (state !== 'rolled-back' && state !== 'refused') return;
    const what = state === 'refused' ? 'was refused' : 'was undone';
    this.#notice({ at, sentence: `operation ${id} ${what}: ${detail ?? 'it failed'}` });
  }

  #rewind(step: number): void {
    this.#epoch = positionAt(step, this.plan).epoch;
    this.#images = step * this.plan.batch;
  }

  #measure(stage: string, now: StageTelemetry): void {
    const readings = [...(this.#heard.get(stage)?.readings ?? []), now];
    while (readings[1] !== undefined && now.elapsed - readings[1].elapsed >= SPAN_MS) readings.shift();
    this.#heard.set(stage, { readings, at: performance.now() });
  }
}

/** The stage that holds up the others: the one that is busy for the largest share of the time. */
function busiest(telemetry: Readonly<Record<string, TelemetrySpan>>): string | undefined {
  const shares = Object.entries(telemetry).flatMap(([stage, span]) => {
    const rates = ratesOver(span);
    return rates === undefined ? [] : [{ stage, busy: rates.busy }];
  });
  return shares.sort((a, b) => b.busy - a.busy)[0]?.stage;
}

/** Where a run stands, together with what it is. */
export function makeStatus(run: {
  readonly id: string;
  readonly plan: Plan;
  readonly config: RunConfig;
  readonly journal: Pick<RunJournal, 'incarnation' | 'generation' | 'numerics' | 'exact' | 'revision'>;
  readonly restarts: number;
  readonly state: RunState;
  readonly placement: RunStatus['placement'];
  readonly operation: RunStatus['operation'];
  readonly standing: ReturnType<Standing['read']>;
}): RunStatus {
  const { id, plan, config, journal, restarts, state, placement, operation, standing } = run;
  return {
    id,
    state,
    units: config.layers,
    epochs: plan.epochs,
    imagesInAll: plan.epochs * plan.batchesPerEpoch * plan.batch,
    engine: plan.engine.backend,
    numerics: journal.numerics ?? null,
    exact: journal.exact,
    incarnation: journal.incarnation,
    generation: journal.generation,
    restarts,
    topology: topologyOf(run),
    operation,
    placement,
    ...standing,
  };
}

/** The stages of the plan by which a run goes on. */
export function topologyOf({
  plan,
  journal,
}: {
  readonly plan: Plan;
  readonly journal: Pick<RunJournal, 'revision'>;
}): Topology {
  const shards = plan.layers.map((_, index) => shardCount(plan, index));
  return { revision: journal.revision?.number ?? 0, shards, threads: plan.engine.threads };
}

function noticeOf({ at, sentence, stages, during }: Notice): Notice {
  return { at, sentence, ...(stages && { stages }), ...(during && { during }) };
}

function spanOf({ readings, at }: Heard, now: number): TelemetrySpan {
  const newest = readings.at(-1) as StageTelemetry;
  const before = readings.length > 1 ? (readings[0] as StageTelemetry) : null;
  return { before, now: newest, age: Math.max(0, now - at) };
}
