import { loadDataset } from '@layerline/datasets';
import type { ModelWriter } from '@layerline/checkpoint';
import type { Engine } from '@layerline/engine';
import { evaluatorReport, openAll, runInMemory } from '@layerline/pipeline';
import type { Plan } from '@layerline/pipeline';
import type { Training, TrainingListener } from './training.js';

/** Trains in this process, with no network. */
export async function trainInOneProcess(
  plan: Plan,
  engine: Engine,
  model: ModelWriter,
  listener: TrainingListener,
): Promise<Training> {
  const roles = openAll(plan, await loadDataset(plan.dataset), engine, {
    report: (report) => listener.report(evaluatorReport.parse(report)),
    store: (part, bytes) => model.put(part, bytes),
  });
  listener.started({ stage: 'all', role: 'single-process', pid: process.pid });
  listener.began();
  const stop = (): void => roles[0]?.stop?.();
  // There is no process that could be ended without this one: the end after the batch under way is the soonest.
  return { ended: runInMemory(roles), stop, abort: stop };
}
