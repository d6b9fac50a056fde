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
  return {
    ended: runInMemory(roles),
    stop: () => roles[0]?.stop?.(),
    abort: () => undefined,
  };
}
