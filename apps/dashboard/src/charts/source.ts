import type { Failure, RunEvent, RunHead, RunStatus, StreamItem } from '@layerline/api';
import type { ReadonlySignal } from '@preact/signals';

export type Plan = Pick<RunHead['plan'], 'batch' | 'batchesPerEpoch' | 'layers'>;

/** A run as the page follows it: what charts need of it. */
export interface LiveRun {
  readonly id: string;
  /** Undefined until the coordinator has answered. */
  readonly state: ReadonlySignal<
    | {
        readonly plan: Plan;
        readonly status: Pick<RunStatus, 'state'>;
        /** What happened, oldest first. */
        readonly history: readonly RunEvent[];
        readonly evaluations: readonly RunEvent[];
      }
    | undefined
  >;
  /** Calls back with what the stream brings from now on. @returns what ends that */
  subscribe(listener: (items: readonly StreamItem[]) => void): () => void;
}

/** The coordinator did not give what a chart asked for. The message is a sentence for people. */
export class AnswerError extends Error {
  readonly code = 'ERR_ANSWER';
}

/** Asks the coordinator about a run. @param path such as `/config` @throws AnswerError, or the signal's reason */
export function askRun<Answer>(run: string, path: string, signal: AbortSignal): Promise<Answer> {
  return ask(`/api/runs/${encodeURIComponent(run)}${path}`, signal);
}

/** @throws AnswerError, or the signal's reason */
export async function ask<Answer>(path: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(path, { signal }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw new AnswerError('The coordinator cannot be reached', { cause });
  });
  if (response.ok) return (await response.json()) as Answer;
  const failure = (await response.json().catch(() => undefined)) as Failure | undefined;
  throw new AnswerError(failure?.error.message ?? `The coordinator answered ${response.status}`);
}
