import { isOver } from '@layerline/api';
import type { ObservationReport, OperationState, RunEvent, RunReading, RunStatus, StageFigures } from '@layerline/api';
import { stagesOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { StageTelemetry } from '@layerline/protocol';

/** Figures that say how things are now; all others count, and are added up over lives. */
const LEVELS: ReadonlySet<keyof StageTelemetry> = new Set(['memory', 'peakMemory']);

/** A stage's counts. */
interface Counts {
  /** Of the lives that are over, added up. */
  before: StageTelemetry | undefined;
  /** The newest reading of the current life. */
  now: StageTelemetry | undefined;
}

/** What metrics need to know of a run besides its status: its counts over all of its lives, and what was measured last. */
export class Tally {
  readonly #stages = new Map<string, Counts>();
  #snapshotsStored = 0;
  readonly #operations: Partial<Record<OperationState, number>> = {};
  #observation: { readonly step: number; readonly layers: ObservationReport['layers'] } | undefined;
  /** In order; a rewind takes back the last ones. */
  #evaluations: { readonly step: number; readonly perLayerError: readonly (number | null)[] }[] = [];

  #endedAt: number | undefined;

  #plan: Plan;

  /** @param plan by which the run goes on */
  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** When the run ended, by the monotonic clock, in milliseconds; undefined until then. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'telemetry':
        return this.#count(event.stage, event.telemetry);
      case 'snapshot-stored':
        this.#snapshotsStored++;
        return;
      case 'operation': {
        const { state } = event.operation;
        if (isOver(event.operation)) this.#operations[state] = (this.#operations[state] ?? 0) + 1;
        return;
      }
      case 'observation':
        this.#observation = event;
        return;
      case 'evaluation': {
        const { step = event.epoch * this.#plan.batchesPerEpoch, perLayerError } = event;
        this.#evaluations.push({ step, perLayerError });
        return;
      }
      case 'rewound':
        return this.#rewind(event.step);
      case 'state':
        if (event.state === 'recovering' || event.state === 'reshaping') this.#endLife();
        return;
      case 'revised':
        this.#plan = { ...this.#plan, shards: event.topology.shards };
        return;
      case 'ended':
        this.#endedAt = performance.now();
        return this.#endLife();
      default:
        return;
    }
  }

  read(status: RunStatus): RunReading {
    return {
      status,
      snapshotsStored: this.#snapshotsStored,
      operations: { ...this.#operations },
      layers: this.#observation?.layers ?? [],
      perLayerError: this.#evaluations.at(-1)?.perLayerError ?? [],
      stages: stagesOf(this.#plan).map(({ stage, role }): StageFigures => {
        const { before, now } = this.#stages.get(stage) ?? {};
        const total = now === undefined ? before : sum(before, now);
        return { stage, role, node: status.placement[stage] ?? null, now: now ?? null, total: total ?? null };
      }),
    };
  }

  #count(stage: string, reading: StageTelemetry): void {
    const counts = this.#stages.get(stage) ?? { before: undefined, now: undefined };
    this.#stages.set(stage, counts);
    counts.now = grown(counts.now, reading);
  }

  #endLife(): void {
    for (const counts of this.#stages.values()) {
      if (counts.now === undefined) continue;
      counts.before = sum(counts.before, counts.now);
      counts.now = undefined;
    }
  }

  #rewind(step: number): void {
    if (this.#observation !== undefined && this.#observation.step > step) this.#observation = undefined;
    this.#evaluations = this.#evaluations.filter((evaluation) => evaluation.step <= step);
  }
}

/** Counts of a life that is over, with those of a later one. */
function sum(before: StageTelemetry | undefined, now: StageTelemetry): StageTelemetry {
  return combine(before, now, (figure, count) => figure + count);
}

/** A node's own program may count down; counters never do. */
function grown(before: StageTelemetry | undefined, now: StageTelemetry): StageTelemetry {
  return combine(before, now, Math.max);
}

function combine(
  before: StageTelemetry | undefined,
  now: StageTelemetry,
  how: (figure: number, other: number) => number,
): StageTelemetry {
  if (before === undefined) return now;
  const names = Object.keys(now) as (keyof StageTelemetry)[];
  return Object.fromEntries(
    names.map((name) => [name, LEVELS.has(name) ? now[name] : how(before[name], now[name])]),
  ) as StageTelemetry;
}
