import type { NodeStatus, RunSummary } from '@layerline/api';
import type { RunSummary as FoundRun } from '@layerline/checkpoint';
import type { NodeConnection } from '../node-connection.js';

/** A node as the HTTP interface shows it. */
export function nodeStatus({ name, version, capabilities, tasks, draining }: NodeConnection): NodeStatus {
  return { ...capabilities, name, version, tasks, draining };
}

/** A run from an earlier life of the coordinator, as the HTTP interface shows it. */
export function runSummary({ id, folder, state, startedAt, failure, result }: FoundRun): RunSummary {
  return { id, folder, state, startedAt: startedAt ?? null, failure: failure ?? null, result: result ?? null };
}
