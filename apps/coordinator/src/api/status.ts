import type { RunSummary } from '@layerline/checkpoint';
import type { StageTelemetry } from '@layerline/protocol';
import type { NodeConnection } from '../node-connection.js';
import type { RegisteredRun } from '../run-registry.js';

/** A node as `layerline nodes` shows it. */
export function nodeStatus({ name, version, capabilities, tasks, draining }: NodeConnection) {
  return { name, version, ...capabilities, tasks, draining };
}
export type NodeStatus = ReturnType<typeof nodeStatus>;

/** A run as `layerline status` shows it. */
export function runStatus({ id, config, plan, run, feed }: RegisteredRun) {
  const { record, placement } = run;
  const standing = feed.standing;
  return {
    id,
    state: run.state,
    end: feed.ended ?? null,
    units: config.layers,
    epochs: plan.epochs,
    imagesInAll: plan.epochs * plan.batchesPerEpoch * plan.batch,
    engine: plan.engine.backend,
    numerics: record.journal.numerics ?? null,
    exact: record.journal.exact,
    generation: record.journal.generation,
    restarts: record.restarts,
    placement: Object.fromEntries([...(placement ?? [])].map(([stage, node]) => [stage, node.name])),
    bottleneck: bottleneckOf(standing.telemetry) ?? null,
    ...standing,
  };
}
export type RunStatus = ReturnType<typeof runStatus>;

/** What `GET /api/status` answers. */
export interface StatusReport {
  readonly version: string;
  readonly nodes: readonly NodeStatus[];
  /** Those of this coordinator's life, under way or not. */
  readonly runs: readonly RunStatus[];
  /** Those that had ended before, or could not be taken up. */
  readonly earlier: readonly RunSummary[];
}

/** The stage that holds up the others: the one that has had the least to wait for. */
function bottleneckOf(telemetry: Readonly<Record<string, StageTelemetry>>): string | undefined {
  const busiest = Object.entries(telemetry).sort(([, a], [, b]) => b.busy / b.interval - a.busy / a.interval)[0];
  return busiest?.[0];
}
