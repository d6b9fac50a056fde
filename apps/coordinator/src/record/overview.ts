import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { evaluationReport, trainResult } from '@layerline/api';
import type { RunOverview } from '@layerline/api';
import { listRuns, RUN_FILES } from '@layerline/checkpoint';
import type { RunSummary } from '@layerline/checkpoint';
import { fileLines, jsonObject } from '@layerline/telemetry';
import pLimit from 'p-limit';
import { readRunAbout } from './run-about.js';

/** Runs that are read at the same time. */
const AT_ONCE = 8;
/** Most lines of the metrics are others, and need not be parsed. */
const EVALUATION = '"type":"evaluation"';

/** The runs in a folder, the newest first, each as its own folder tells of it. @throws CheckpointError */
export async function overviewsIn(root: string): Promise<RunOverview[]> {
  const limit = pLimit(AT_ONCE);
  return Promise.all((await listRuns(root)).map((summary) => limit(() => overviewOf(summary))));
}

/** What a run was set up as, and what has come of it so far. */
export async function overviewOf(summary: RunSummary): Promise<RunOverview> {
  const {
    id,
    folder,
    state,
    startedAt = null,
    endedAt = null,
    failure = null,
    result = null,
    stopReason = null,
  } = summary;
  const about = state === 'damaged' ? undefined : await readRunAbout(folder).catch(() => undefined);
  const errors = await testErrorsIn(join(folder, RUN_FILES.metrics));
  const { testError, epochs } = trainResult.partial().strip().safeParse(result).data ?? {};
  return {
    ...{ id, folder, state, startedAt, endedAt, failure, stopReason, result },
    layers: about?.config.layers ?? null,
    objective: about?.config.objective ?? null,
    seed: about?.config.seed ?? null,
    dataset: about?.plan.dataset.name ?? null,
    epochs: epochs ?? errors.epoch,
    testError: testError ?? errors.last,
    bestTestError: errors.best,
  };
}

/** The errors of the evaluations that a run has had, and the epoch of the last; null where there are none. */
async function testErrorsIn(path: string): Promise<Record<'last' | 'best' | 'epoch', number | null>> {
  const found: Record<'last' | 'best' | 'epoch', number | null> = { last: null, best: null, epoch: null };
  const file = open(path);
  if (file === undefined) return found;
  try {
    for await (const { bytes } of fileLines(file)) {
      if (!bytes.includes(EVALUATION)) continue;
      const report = evaluationReport.strip().safeParse(jsonObject(bytes)).data;
      if (report === undefined) continue;
      found.last = report.testError;
      found.best = Math.min(found.best ?? Infinity, report.testError);
      found.epoch = report.epoch;
    }
    return found;
  } finally {
    closeSync(file);
  }
}

/** @returns undefined for a file that is not there, or not to be read */
function open(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
