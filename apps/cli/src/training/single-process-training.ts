import type { RunRecord, TrainResult } from '@layerline/coordinator';
import { loadDataset } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { openAll, runInMemory } from '@layerline/pipeline';
import { evaluatorReport, stagesOf } from '@layerline/plan';
import type { Resumption, StageServices } from '@layerline/stage';
import type { Training, TrainingListener } from './training.js';

/** Trains in this process, with no network. */
export async function trainInOneProcess(
  record: RunRecord,
  engine: Engine,
  listener: TrainingListener,
): Promise<Training> {
  const { plan } = record;
  const { resume } = await record.nextLife();
  const resumptions = new Map<string, Resumption>();
  for (const { stage } of resume === undefined ? [] : stagesOf(plan)) {
    resumptions.set(stage, { step: resume as number, bytes: await record.readSnapshot(resume as number, stage) });
  }
  const services = (stage: string): StageServices => ({
    report: (raw) => {
      const report = evaluatorReport.parse(raw);
      record.report(report);
      listener.report(report);
    },
    storeModel: (bytes) => record.putModel(stage, bytes),
    storeSnapshot: (step, bytes) =>
      record.putSnapshot(step, stage, bytes).catch((error: unknown) => {
        record.snapshotFailed(stage, step, (error as Error).message);
      }),
  });
  const resumption = (stage: string): Resumption | undefined => resumptions.get(stage);
  const roles = openAll(plan, await loadDataset(plan.dataset), engine, { services, resumption });
  const [feeder] = roles;
  // There is no process that could be ended without this one: the end after the batch under way is the soonest.
  let unwritable: Error | undefined;
  const stop = (): void => feeder?.obey?.({ type: 'stop' });
  record.listen({
    snapshotSettled: (step) => feeder?.obey?.({ type: 'snapshot-settled', step }),
    unwritable: (error) => {
      unwritable = error;
      stop();
    },
  });
  const all = { stage: 'all', role: 'single-process', node: 'local', pid: process.pid };
  record.started(all);
  listener.started(all);
  record.began();
  listener.began();
  const see = async (): Promise<TrainResult> => {
    try {
      await runInMemory(roles);
      if (unwritable !== undefined) throw unwritable;
      return await record.complete();
    } catch (error) {
      await record.fail('failed', error as Error);
      throw error;
    } finally {
      record.close();
    }
  };
  return { ended: see(), stop, abort: stop };
}
