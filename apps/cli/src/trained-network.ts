import { join } from 'node:path';
import { readModel } from '@layerline/checkpoint';
import type { ModelPart } from '@layerline/checkpoint';
import { DatasetFileError } from '@layerline/datasets';
import type { Dataset, ImageSet } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { chooseEngine, loadPlanned, misfitOf, Scorer } from '@layerline/pipeline';
import { ConfigError } from '@layerline/plan';
import type { Plan, RunConfig } from '@layerline/plan';
import { dataOf, findRun } from './run-lookup.js';

/** The model of a run, ready to be asked. */
export interface TrainedNetwork {
  readonly folder: string;
  readonly plan: Plan;
  /** The data that it was trained on; without rows where they are not needed and not there. */
  readonly dataset: Dataset;
  readonly scorer: Scorer;
  readonly engine: Engine;
}

export interface NetworkArguments {
  readonly run: string;
  readonly out: string;
  readonly dataDir: string | undefined;
  readonly engine: RunConfig['engine'];
}

const NONE: ImageSet = { images: new Uint8Array(), labels: new Uint8Array(), count: 0 };

/** Reads the model of a run, and by which plan it was trained. @throws ConfigError where the two do not fit each other */
export async function readTrained(
  run: string,
  out: string,
): Promise<{ readonly folder: string; readonly plan: Plan; readonly parts: readonly ModelPart[] }> {
  const { folder, plan } = await findRun(run, out);
  const { parts } = await readModel(join(folder, 'model'));
  const misfit = misfitOf(plan, parts);
  if (misfit !== undefined) throw new ConfigError(misfit);
  return { folder, plan, parts };
}

/**
 * The data that a run has learned from.
 * @param needsRows whether any are asked for; without, they are there in any case where rows are standardized
 */
export async function datasetFor(plan: Plan, dataDir: string | undefined, needsRows: boolean): Promise<Dataset> {
  if (!needsRows && !plan.preparation.standardize) {
    return { name: plan.dataset.name, spec: plan.data, train: NONE, test: NONE };
  }
  return loadPlanned({ ...plan, dataset: await dataOf(plan, dataDir) });
}

/**
 * Opens the model of a run. The engine is the caller's to close.
 * @param needsRows as for {@link datasetFor} @throws ConfigError as {@link readTrained}
 */
export async function openNetwork(
  { run, out, dataDir, engine: wanted }: NetworkArguments,
  needsRows: boolean,
): Promise<TrainedNetwork> {
  const { folder, plan, parts } = await readTrained(run, out);
  const dataset = await datasetFor(plan, dataDir, needsRows);
  const { engine } = await chooseEngine(wanted, { threads: plan.engine.threads, spinning: true });
  return { folder, plan, dataset, scorer: new Scorer(plan, dataset, engine, parts), engine };
}

/** A set of a data set by its name. @throws DatasetFileError where nothing is held out */
export function setOf(dataset: Dataset, name: 'train' | 'validation' | 'test'): ImageSet {
  const set = dataset[name];
  if (set !== undefined) return set;
  throw new DatasetFileError(
    'ERR_DATASET_MISSING',
    `The run has no ${name} rows: train with --validation N to hold some out`,
  );
}
